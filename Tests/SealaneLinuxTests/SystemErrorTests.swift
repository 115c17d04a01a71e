import Glibc
import SealaneLinux
import TestSupport
import Testing

@Suite struct SystemErrorTests {
    @Test func `an error names the call, the subject, the reason and the errno`() {
        let error = SystemError(call: "open", errno: EACCES, subject: "/dev/net/tun")
        #expect(error.description == "open(/dev/net/tun): Permission denied (EACCES)")
    }

    @Test func `advice follows the reason`() {
        let error = SystemError(call: "bind", errno: EADDRINUSE, subject: "UDP 10.0.0.1:7325", advice: "stop the other")
        #expect(error.description == "bind(UDP 10.0.0.1:7325): Address already in use (EADDRINUSE); stop the other")
    }

    @Test func `a refusal by a rule of Sealane does not read as the kernel's`() throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write("secret", to: "key", mode: 0o644)
        let refused = try #require(systemError { _ = try SecretFile.read(path, maximumByteCount: 64) })
        #expect(
            refused.description == "read(\(path)): refused by Sealane; its mode 0644 gives others access to the "
                + "secret; restrict it: chmod 600 \(path)")
        #expect(!refused.meansDenied)
        #expect(SystemError(call: "open", errno: EACCES, subject: path).meansDenied)
    }

    @Test func `an unknown error number is shown as a number`() {
        #expect(SystemError(call: "x", errno: 4000, subject: "").description == "x: unknown error (errno 4000)")
    }
}
