import CLinux
import Glibc

/// A failed system call: its error, its subject, and, if known, what would be right.
///
/// Reads as `open(/dev/net/tun): Permission denied (EACCES)`, followed by `; ` and the advice if there is one. Sealane also
/// refuses some files that the kernel would open (`refused`), which reads as `read(/etc/key): refused by Sealane; ` and why.
public struct SystemError: Error, Hashable, CustomStringConvertible {
    /// The failed call, as the manual names it: `open`, `bind`, `ioctl TUNSETIFF`, `RTM_NEWADDR`.
    public let call: String
    /// A positive error number, such as `EACCES`.
    public let errno: Int32
    /// The object of the call: a path, an address, an interface. May be empty.
    public let subject: String
    /// What the reader can do, or what the error number does not say.
    public let advice: String?
    /// Whether a rule of Sealane refused the call, not the kernel. Even root is subject to such a rule.
    package let isOwnRule: Bool

    public init(call: String, errno: Int32, subject: String, advice: String? = nil) {
        self.init(call: call, errno: errno, subject: subject, advice: advice, isOwnRule: false)
    }

    private init(call: String, errno: Int32, subject: String, advice: String?, isOwnRule: Bool) {
        self.call = call
        self.errno = errno
        self.subject = subject
        self.advice = advice
        self.isOwnRule = isOwnRule
    }

    /// A refusal by a rule of Sealane, for example about who else can write to a file. Its `errno` is EACCES.
    ///
    /// - Parameter reason: what the rule objects to, and what to do.
    package static func refused(_ call: String, _ subject: String, _ reason: String) -> SystemError {
        SystemError(call: call, errno: EACCES, subject: subject, advice: reason, isOwnRule: true)
    }

    /// `Permission denied (EACCES)`.
    package static func text(of errno: Int32) -> String {
        let text = clinux_errno_text(errno).map { String(cString: $0) } ?? "unknown error"
        let name = clinux_errno_name(errno).map { String(cString: $0) } ?? "errno \(errno)"
        return "\(text) (\(name))"
    }

    public var description: String {
        let place = subject.isEmpty ? call : "\(call)(\(subject))"
        let what = isOwnRule ? "refused by Sealane" : SystemError.text(of: errno)
        return "\(place): \(what)" + (advice.map { "; \($0)" } ?? "")
    }
}

/// Repeats `body` while it returns `-EINTR`.
func retryingInterrupts(_ body: () -> Int) -> Int {
    var result = body()
    while result == -Int(EINTR) { result = body() }
    return result
}

/// `result`, or the negated `errno` if `result` is -1.
func negatedErrno(_ result: Int) -> Int {
    result < 0 ? -Int(errno) : result
}

func negatedErrno(_ result: CInt) -> Int {
    negatedErrno(Int(result))
}

/// Runs `body`, which returns a value >= 0 or -errno, repeats it while interrupted, and throws its error.
@discardableResult
func systemCall(
    _ call: String, _ subject: @autoclosure () -> String, advice: (Int32) -> String? = { _ in nil }, _ body: () -> Int
) throws(SystemError) -> Int {
    let result = retryingInterrupts(body)
    guard result < 0 else { return result }
    let errno = Int32(truncatingIfNeeded: -result)
    throw SystemError(call: call, errno: errno, subject: subject(), advice: advice(errno))
}
