import SealanePacket
import Subprocess

/// The program iperf3, started so that it ends: after a time at the latest, even if whoever started it is killed.
enum IPerfProgram {
    static var missing: BenchError {
        BenchError(
            "there is no program iperf3 in the PATH; install the package iperf3 (Debian, Ubuntu, Fedora, Amazon Linux)")
    }

    /// A process group of its own, which is ended as a whole: a `timeout` that is ended right after fork(2) does not know its
    /// child yet, and leaves it behind (coreutils 9.1, cleanup in src/timeout.c).
    static var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        options.processGroupID = 0
        // A bit more than `timeout` gives between SIGTERM and SIGKILL.
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(3))
        ]
        return options
    }

    /// `timeout` (coreutils) ends what it runs when it is ended.
    static func arguments(_ iperf: [String], within seconds: Int) -> Arguments {
        Arguments(["--kill-after=1", "\(seconds)", "iperf3"] + iperf)
    }

    static var environment: Environment { .inherit.updating(["LC_ALL": "C"]) }

    /// The first line that it says of itself, without what follows the version: `iperf 3.12`.
    static func version() async throws -> String {
        do {
            let ended = try await Subprocess.run(
                .name("iperf3"), arguments: ["--version"], output: .string(limit: 1 << 16), error: .discarded)
            let words = ended.standardOutput.split(whereSeparator: \.isWhitespace).prefix(2)
            guard ended.terminationStatus.isSuccess, words.first == "iperf", words.count == 2 else {
                throw BenchError("iperf3 --version says \(BenchText.quoted(ended.standardOutput)); expected iperf 3")
            }
            return words.joined(separator: " ")
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw missing
        }
    }
}
