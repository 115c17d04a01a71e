import SealanePacket
import Subprocess

/// Starts iperf3 so that it ends after some time, even if its parent process is killed.
enum IPerfProgram {
    static var missing: BenchError {
        BenchError(
            "there is no program iperf3 in the PATH; install the package iperf3 (Debian, Ubuntu, Fedora, Amazon Linux)")
    }

    /// iperf3 runs in a process group of its own, and a teardown ends the whole group: if `timeout` is ended right
    /// after fork(2), it does not know its child yet and leaves it running (coreutils 9.1, cleanup in src/timeout.c).
    static var platformOptions: PlatformOptions {
        var options = PlatformOptions()
        options.processGroupID = 0
        // A little longer than `timeout` waits between SIGTERM and SIGKILL.
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(3))
        ]
        return options
    }

    /// `timeout` (coreutils) ends its child when it gets a signal itself.
    static func arguments(_ iperf: [String], within seconds: Int) -> Arguments {
        Arguments(["--kill-after=1", "\(seconds)", "iperf3"] + iperf)
    }

    static var environment: Environment { .inherit.updating(["LC_ALL": "C"]) }

    /// The name and version from the first line of `iperf3 --version`: `iperf 3.12`.
    static func version() async throws -> String {
        do {
            let ended = try await Subprocess.run(
                .name("iperf3"), arguments: ["--version"], output: .string(limit: 1 << 16), error: .discarded)
            let words = ended.standardOutput.split(whereSeparator: \.isWhitespace).prefix(2)
            guard ended.terminationStatus.isSuccess, words.first == "iperf", words.count == 2 else {
                throw BenchError("iperf3 --version printed \(BenchText.quoted(ended.standardOutput)); expected iperf 3")
            }
            return words.joined(separator: " ")
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw missing
        }
    }
}
