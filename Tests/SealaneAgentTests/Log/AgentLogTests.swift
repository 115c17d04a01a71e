import Logging
import SealaneAgent
import SealaneLinux
import Synchronization
import Testing

struct AgentLogTests {
    /// A reader that may stop reading.
    private final class Reader: Sendable {
        private let state = Mutex((isStuck: false, isClosed: false, lines: [String]()))

        var lines: [String] { state.withLock { $0.lines } }

        func stick(_ isStuck: Bool) { state.withLock { $0.isStuck = isStuck } }
        func close(_ isClosed: Bool) { state.withLock { $0.isClosed = isClosed } }

        func take(_ line: [UInt8]) -> Bool {
            while state.withLock({ $0.isStuck }) { LinuxThread.yield() }
            return state.withLock { state in
                if state.isClosed { return false }
                state.lines.append(String(decoding: line, as: UTF8.self))
                return true
            }
        }
    }

    private let reader = Reader()
    private let log: AgentLog

    init() throws {
        let reader = reader
        log = try AgentLog { reader.take($0) }
    }

    private var logger: Logger {
        let log = log
        return Logger(label: "sealaned") { log.handler(label: $0) }
    }

    @Test func `a line has time, severity, fields and message, as before, and quotes what could mislead`() throws {
        logger.warning("refused", metadata: ["observed": "x peer=payroll [SealaneAgent] ok", "peer": "b", "n": "\(1)"])
        #expect(log.flush(within: .seconds(60)))
        let line = try #require(reader.lines.first)
        let form =
            #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} warning sealaned: n=1 observed="x peer=payroll \[SealaneAgent\] ok" peer=b \[\w+\] refused\n/#
        #expect(line.wholeMatch(of: form) != nil, "\(line)")
    }

    @Test func `levels below the logger's are left out, and a logger's own fields are in every line`() {
        var logger = logger
        logger.logLevel = .warning
        logger[metadataKey: "lane"] = "3"
        logger.info("no")
        logger.error("yes")
        #expect(log.flush(within: .seconds(60)))
        #expect(reader.lines.count == 1)
        #expect(reader.lines.first?.contains("error sealaned: lane=3 [") == true)
    }

    @Test func `while nobody reads, whoever logs goes on, and what is lost is told once they read again`() {
        reader.stick(true)
        let logger = logger
        for number in 0..<20_000 { logger.info("line", metadata: ["number": "\(number)"]) }
        #expect(log.lostLineCount > 10_000)
        #expect(!log.flush(within: .milliseconds(10)))
        reader.stick(false)
        #expect(log.flush(within: .seconds(60)))
        let lost = log.lostLineCount
        let notices = reader.lines.filter { $0.contains("log lines were lost") }
        #expect(notices.count == 1 && notices.first?.contains("warning sealaned: lines=\(lost) ") == true, "\(notices)")
        #expect(reader.lines.count == 20_000 - Int(lost) + 1)
    }

    @Test func `lines that cannot be written are counted, and told when they can`() {
        reader.close(true)
        for _ in 0..<3 { logger.info("line") }
        #expect(log.flush(within: .seconds(60)))
        #expect(log.lostLineCount == 3)
        reader.close(false)
        logger.info("again")
        #expect(log.flush(within: .seconds(60)))
        #expect(reader.lines.count == 2)
        #expect(reader.lines.last?.contains("lines=3 ") == true)
    }
}
