import Glibc
import SealaneLinux
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

    @Test func `an unknown error number is shown as a number`() {
        #expect(SystemError(call: "x", errno: 4000, subject: "").description == "x: unknown error (errno 4000)")
    }
}
