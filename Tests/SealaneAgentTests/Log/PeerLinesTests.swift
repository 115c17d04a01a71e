import Logging
import SealaneAgent
import SealaneTunnel
import Testing

struct PeerLinesTests {
    /// #expect takes no call that changes a value.
    private final class Told {
        private var lines = PeerLines()

        var suppressed: PeerLines.Suppressed { lines.suppressed }
        var nextEnd: MonotonicTime? { lines.nextEnd }

        func admits(
            _ line: PeerLines.Line, of peer: String?, code: String, state: PeerLines.State? = nil, peerCount: Int,
            _ now: MonotonicTime
        ) -> Bool {
            lines.admits(line, of: peer, code: code, state: state, peerCount: peerCount, now)
        }

        func takeSummaries(peerCount: Int, _ now: MonotonicTime) -> [PeerLines.Line] {
            lines.takeSummaries(peerCount: peerCount, now)
        }

        func admitsRecord(of peer: String, isVerdict: Bool, peerCount: Int, _ now: MonotonicTime) -> Bool {
            lines.admitsRecord(of: peer, isVerdict: isVerdict, peerCount: peerCount, now)
        }

        func takeLeftOutRecords(_ now: MonotonicTime) -> [(peer: String?, count: UInt64)] {
            lines.takeLeftOutRecords(now)
        }
    }

    private func moment(_ seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: 1_000_000_000) + .seconds(seconds)
    }

    private func line(_ message: String, _ observed: String = "") -> PeerLines.Line {
        PeerLines.Line(level: .warning, message: "\(message)", metadata: ["observed": "\(observed)"])
    }

    private func text(_ lines: [PeerLines.Line]) -> [String] {
        lines.map { line in
            "\(line.message) "
                + line.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        }
    }

    @Test func `of a kind there is one line a peer, code and minute, then how many more, with the last of them`() {
        let told = Told()
        #expect(told.nextEnd == nil)
        #expect(told.admits(line("refused"), of: "b", code: "x", peerCount: 2, moment(0)))
        for number in 1...118 {
            #expect(
                !told.admits(line("refused", "\(number)"), of: "b", code: "x", peerCount: 2, moment(Double(number) / 2))
            )
        }
        // Another peer, another code, another message.
        #expect(told.admits(line("refused"), of: "c", code: "x", peerCount: 2, moment(1)))
        #expect(told.admits(line("refused"), of: "b", code: "y", peerCount: 2, moment(1)))
        #expect(told.admits(line("path warning"), of: "b", code: "x", peerCount: 2, moment(1)))
        #expect(told.suppressed.logLines == 118)
        #expect(told.nextEnd == moment(60))
        #expect(text(told.takeSummaries(peerCount: 2, moment(59.9))) == [])
        #expect(
            text(told.takeSummaries(peerCount: 2, moment(60))) == [
                "refused, and 118 more in the last minute observed=118"
            ])
        // That was the line of the next minute.
        #expect(!told.admits(line("refused", "last"), of: "b", code: "x", peerCount: 2, moment(61)))
        #expect(text(told.takeSummaries(peerCount: 2, moment(119))) == [])
        #expect(
            text(told.takeSummaries(peerCount: 2, moment(120))) == [
                "refused, and 1 more in the last minute observed=last"
            ])
        #expect(text(told.takeSummaries(peerCount: 2, moment(200))) == [])
        #expect(told.nextEnd == nil)
        #expect(told.admits(line("refused"), of: "b", code: "x", peerCount: 2, moment(200)))
    }

    @Test func `where a line of another state is told last, it says which state holds`() {
        let told = Told()
        func admits(_ message: String, _ seconds: Double, _ reasons: String...) -> Bool {
            let state = PeerLines.State(.verdict, ([message] + reasons).joined(separator: " "))
            let admitted = (reasons.isEmpty ? [""] : reasons).map { reason in
                told.admits(line(message, reason), of: "b", code: reason, state: state, peerCount: 1, moment(seconds))
            }
            return admitted.contains(true)
        }
        func lanesAnswer(_ seconds: Double) -> Bool {
            told.admits(
                line("lanes answer"), of: "b", code: "", state: PeerLines.State(.lanes, "lanes answer"), peerCount: 1,
                moment(seconds))
        }
        #expect(admits("refused", 0, "x", "y"))
        #expect(admits("eligible", 30))
        #expect(!admits("refused", 31, "x", "y"))
        #expect(!admits("eligible", 32))
        // Lanes and verdicts do not contradict each other.
        #expect(lanesAnswer(33))
        #expect(!lanesAnswer(34))
        #expect(!admits("refused", 35, "x", "y"))
        #expect(
            Set(text(told.takeSummaries(peerCount: 1, moment(60)))) == [
                "refused, and 2 more in the last minute observed=x",
                "refused, and 2 more in the last minute observed=y",
            ])
        #expect(
            text(told.takeSummaries(peerCount: 1, moment(90))) == [
                "eligible, and 1 more in the last minute now=refused x y observed="
            ])
        #expect(
            text(told.takeSummaries(peerCount: 1, moment(93))) == [
                "lanes answer, and 1 more in the last minute observed="
            ])
        #expect(!admits("refused", 110, "x"))
        #expect(!admits("eligible", 111))
        #expect(
            text(told.takeSummaries(peerCount: 1, moment(120))) == [
                "refused, and 1 more in the last minute now=eligible observed=x"
            ])
        #expect(
            text(told.takeSummaries(peerCount: 1, moment(150))) == [
                "eligible, and 1 more in the last minute observed="
            ])
    }

    @Test func `what a peer can have written in a day is bounded, however it varies what it says`() {
        let told = Told()
        var lines = 0
        // Ten handshakes a second with 24 codes out of 60 each, for an hour.
        for tick in 0..<36_000 {
            let now = moment(Double(tick) / 10)
            for number in 0..<24 {
                let code = "code-\((tick * 7 + number) % 60)"
                if told.admits(line("refused", code), of: "b", code: code, peerCount: 1, now) { lines += 1 }
            }
            if let end = told.nextEnd, now >= end { lines += told.takeSummaries(peerCount: 1, now).count }
        }
        // 32 a minute and the line that tells of the rest.
        #expect(lines <= 60 * 34, "\(lines)")
        #expect(told.suppressed.logLines > 800_000)
    }

    @Test func `all peers together are bounded as well`() {
        let told = Told()
        var lines = 0
        for peer in 0..<1000 {
            for code in 0..<30
            where told.admits(
                line("refused"), of: "p\(peer)", code: "\(code)", peerCount: 1000, moment(0))
            {
                lines += 1
            }
        }
        #expect(lines == 5000)
        let left = text(told.takeSummaries(peerCount: 1000, moment(61)))
        #expect(left.contains { $0.hasSuffix("lines=25000") }, "\(left)")
    }

    @Test func `hosts that are no peers come to ten lines a minute, all together, and leave peers theirs`() {
        let told = Told()
        let count = (0..<500).count { told.admits(line("x"), of: nil, code: "\($0)", peerCount: 1, moment(0)) }
        #expect(count == 10)
        #expect(told.admits(line("x"), of: "b", code: "1", peerCount: 1, moment(0)))
        let left = text(told.takeSummaries(peerCount: 1, moment(61)))
        #expect(
            left.contains("log lines left out: too many in the last minute lines=490"), "\(left.prefix(3))")
        // No line about them waits: anybody can invent more of them.
        #expect(text(told.takeSummaries(peerCount: 1, moment(122))).isEmpty)
        #expect(told.nextEnd == nil)
    }

    @Test func `records of a peer are bounded by kind, and what is left out is counted`() {
        let told = Told()
        func admitted(_ isVerdict: Bool, of peer: String = "b") -> Int {
            (0..<1000).count { _ in told.admitsRecord(of: peer, isVerdict: isVerdict, peerCount: 2, moment(0)) }
        }
        #expect(admitted(true) == 4)
        #expect(admitted(false) == 120)
        #expect(admitted(false, of: "c") == 120)
        #expect(told.suppressed.auditLines == 996 + 880 + 880)
        let left = told.takeLeftOutRecords(moment(60))
        #expect(Set(left.map { "\($0.peer ?? "-") \($0.count)" }) == ["b 996", "b 880", "c 880"])
        #expect(told.takeLeftOutRecords(moment(60)).isEmpty)
        #expect(told.nextEnd == moment(120))
        #expect(told.takeLeftOutRecords(moment(120)).isEmpty)
        #expect(told.nextEnd == nil)
    }
}
