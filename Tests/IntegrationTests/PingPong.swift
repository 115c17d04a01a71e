import Foundation
import NetworkLab
import TestSupport

/// Packets that travel one at a time: the next leaves when the previous one is back. Nothing queues up however busy the
/// machine is, so every loss is due to the tested event.
struct PingPong {
    struct Count {
        let sent: Int
        let answered: Int

        /// The last packet may be in flight when the program ends.
        var lost: Int { max(sent - answered - 1, 0) }
    }

    private let program: Program

    /// Starts to send packets of 1200 bytes to `address`.
    init(from host: Host, to address: String) async throws {
        let program = try host.start("ping", "-A", "-n", "-s", "1172", "-W", "300", address)
        self.program = program
        try await eventually("the first packet is back: \(program.output)") { program.output.contains("bytes from") }
    }

    /// Stops. Returns the counts.
    func stop() async throws -> Count {
        program.send(SIGINT)
        _ = await program.status(within: Patience.limit)
        guard let match = program.output.firstMatch(of: #/(\d+) packets transmitted, (\d+) received/#),
            let sent = Int(match.1), let answered = Int(match.2)
        else { throw Failure("ping printed no counts: \(program.output.suffix(1000))") }
        return Count(sent: sent, answered: answered)
    }
}
