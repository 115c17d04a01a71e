import AgentTestSupport
import SealaneAgent
import SealaneControl
import TestSupport
import Testing

struct ControlClientTests {
    private let directory: ScratchDirectory

    init() throws {
        directory = try ScratchDirectory()
    }

    @Test func `no agent is told apart from every other failure`() async throws {
        let path = directory.path("none.sock")
        let error = await #expect(throws: ControlClientError.self) {
            try await ControlClient(socketPath: path).status()
        }
        #expect(error == .agentNotRunning(path))
        #expect(
            error?.description == "no agent answers at \(path); start sealaned, or name its socket with "
                + "--control-socket or SEALANE_CONTROL_SOCKET")
        #expect(PlainConnection.leaveBehind(path))
        await #expect(throws: ControlClientError.agentNotRunning(path)) {
            try await ControlClient(socketPath: path).status()
        }
        await #expect(throws: ControlClientError.agentNotRunning(path + "/below")) {
            try await ControlClient(socketPath: path + "/below").status()
        }
    }

    @Test func `a path that no socket can have is a failure, not a crash`() async throws {
        let path = "/" + String(repeating: "x", count: 300)
        let error = await #expect(throws: ControlClientError.self) {
            try await ControlClient(socketPath: path).status()
        }
        guard case .failed? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `an agent that takes too long is given up`() async throws {
        let agent = try ScratchAgent()
        agent.delayStatus(by: Patience.limit)
        let path = directory.path("slow.sock")
        let server = try await ControlServer.start(
            path: path, handler: agent, logger: RecordingLogHandler.logger(RecordingLogHandler.Lines()))
        await #expect(throws: ControlClientError.timedOut(path, .milliseconds(200))) {
            try await ControlClient(socketPath: path, timeout: .milliseconds(200)).status()
        }
        await server.stop()
    }
}
