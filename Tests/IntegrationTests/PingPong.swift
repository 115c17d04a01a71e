import Foundation
import NetworkLab
import TestSupport

/// Packets that travel one at a time: the next leaves when the one before is back. Nothing queues up behind them, however busy
/// the machine is, so that each one that is lost was lost by what is tested.
struct PingPong {
    struct Count {
        let sent: Int
        let answered: Int

        /// The last may be under way when the program ends.
        var lost: Int { max(sent - answered - 1, 0) }
    }

    private let program: Program

    /// Begins to send packets of 1200 bytes to `address`.
    init(from host: Host, to address: String) async throws {
        let program = try host.start("ping", "-A", "-n", "-s", "1172", "-W", "300", address)
        self.program = program
        try await eventually("the first packet is back: \(program.output)") { program.output.contains("bytes from") }
    }

    /// Ends it.
    func stop() async throws -> Count {
        program.send(SIGINT)
        _ = await program.status(within: Patience.limit)
        guard let match = program.output.firstMatch(of: #/(\d+) packets transmitted, (\d+) received/#),
            let sent = Int(match.1), let answered = Int(match.2)
        else { throw Failure("ping tells no counts: \(program.output.suffix(1000))") }
        return Count(sent: sent, answered: answered)
    }
}
