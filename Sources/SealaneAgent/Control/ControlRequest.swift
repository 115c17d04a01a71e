import SealaneControl
import SealaneLinux

/// One request of the control API, after HTTP parsing.
struct ControlRequest: Sendable {
    /// Nil: the input was not an HTTP request.
    var method: String?
    /// Path and query, as in the request line. Nil: the input was not an HTTP request.
    var target: String?
    var body: [UInt8] = []
    /// Nil: the kernel did not say.
    let caller: PeerCredentials?
    /// Why the request could not be read completely. It is then refused.
    var fault: ControlError?
}
