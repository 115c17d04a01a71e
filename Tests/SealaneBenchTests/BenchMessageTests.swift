import SealaneBench
import SealaneFigures
import Testing
import TestSupport

@Suite struct BenchMessageTests {
    private static let requests: [BenchRequest] = [
        .hello(protocolVersion: 1, version: "0.1.0"), .host(plain: "10.0.0.2", tunnel: "fd78::2"),
        .startTransfer(address: "10.0.0.2", seconds: 10), .endTransfer, .startEcho(address: "10.0.0.2"), .endEcho,
        .usage,
    ]

    private static let host = BenchHost(
        name: "b", kernel: "6.1.0", processors: 2, processorModel: "a processor", memoryByteCount: 1 << 30,
        address: "10.0.0.2", mtu: 9001,
        agent: BenchAgent(
            version: "0.1.0", interface: "sealane0", mtu: 8941, address: "10.78.0.2", cipherSuite: "AES-256-GCM",
            provider: "ipsec-mb", lanes: 2, offloads: [.init(name: "gro", on: false, reason: "set off")]))

    private static let replies: [BenchReply] = [
        .welcome(version: "0.1.0", limits: BenchLimits(), iperf: "iperf 3.12"), .host(host, bootID: "5c3e"),
        .refused("10.0.0.9 is not served"), .started(port: 7301), .transferEnded(bytes: 1 << 40), .echoEnded,
        .usage(BenchUsage(agentSeconds: 1.5, agentThreads: ["17": 1.25], hostSeconds: 4000)),
    ]

    @Test func `every message is one line and decodes to itself`() throws {
        for request in Self.requests {
            let line = try BenchMessage.encode(request)
            #expect(!line.contains(UInt8(ascii: "\n")))
            #expect(try BenchMessage.decode(BenchRequest.self, from: line) == request)
        }
        for reply in Self.replies {
            let line = try BenchMessage.encode(reply)
            #expect(!line.contains(UInt8(ascii: "\n")))
            #expect(try BenchMessage.decode(BenchReply.self, from: line) == reply)
        }
    }

    @Test(arguments: [
        "", "{}", "null", "[]", "{\"reboot\":{}}", "{\"usage\":{}", "{\"endTransfer\":{},\"endEcho\":{}}",
        #"{"hello":{"protocolVersion":0,"version":"0.1.0"}}"#,
        #"{"hello":{"protocolVersion":1,"version":"\u001b[2J"}}"#,
        #"{"hello":{"protocolVersion":1e99,"version":"0.1.0"}}"#,
        #"{"startTransfer":{"address":"10.0.0.2","seconds":0}}"#,
        #"{"startTransfer":{"address":"10.0.0.2","seconds":-1}}"#,
        #"{"startTransfer":{"address":"10.0.0.2","seconds":601}}"#,
        #"{"startTransfer":{"address":"10.0.0.2"}}"#,
        #"{"startTransfer":{"address":"10.0.0.2; reboot","seconds":1}}"#,
        #"{"startTransfer":{"address":"example.com","seconds":1}}"#,
        #"{"startEcho":{"address":"0.0.0.0"}}"#, #"{"startEcho":{"address":"255.255.255.255"}}"#,
        #"{"startEcho":{"address":"ff02::1"}}"#, #"{"startEcho":{"address":"--help"}}"#,
        #"{"host":{"plain":"10.0.0.2","tunnel":"::"}}"#,
    ])
    func `an invalid request is refused`(line: String) {
        #expect(throws: BenchError.self) { try BenchMessage.decode(BenchRequest.self, from: Array(line.utf8)) }
    }

    @Test(arguments: [
        #"{"started":{"port":0}}"#, #"{"started":{"port":65536}}"#, #"{"transferEnded":{"bytes":-1}}"#,
        #"{"refused":{"_0":"a\nb"}}"#, #"{"usage":{"_0":{"agentThreads":{},"hostSeconds":-1}}}"#,
        #"{"usage":{"_0":{"agentThreads":{"1":-1},"hostSeconds":1}}}"#,
        #"{"welcome":{"version":"1","limits":{"seconds":0,"byteCount":1},"iperf":"iperf 3.12"}}"#,
    ])
    func `an invalid reply is refused`(line: String) {
        #expect(throws: BenchError.self) { try BenchMessage.decode(BenchReply.self, from: Array(line.utf8)) }
    }

    @Test func `a line has a limit, and a refusal fits into it`() throws {
        let long = String(repeating: "a", count: BenchMessage.byteLimit)
        #expect(throws: BenchError.self) {
            try BenchMessage.decode(BenchReply.self, from: Array(#"{"refused":{"_0":"\#(long)"}}"#.utf8))
        }
        let line = try BenchMessage.encode(BenchReply.refusal(BenchError("\u{1B}]0;\(long)")))
        #expect(line.count < 4096)
        #expect(try BenchMessage.decode(BenchReply.self, from: line) != .refused(long))
    }

    @Test(arguments: [1, 2, 3])
    func `any changed line is refused or decodes to a valid message`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let lines =
            try Self.requests.map { try BenchMessage.encode($0) } + Self.replies.map { try BenchMessage.encode($0) }
        for line in lines {
            for _ in 0..<500 {
                let changed = line.mutated(using: &random)
                if let request = try? BenchMessage.decode(BenchRequest.self, from: changed) {
                    if case .startTransfer(_, let seconds) = request { #expect((1...600).contains(seconds)) }
                    #expect(throws: Never.self) { try request.validate() }
                }
                if let reply = try? BenchMessage.decode(BenchReply.self, from: changed) {
                    #expect(throws: Never.self) { try reply.validate() }
                }
            }
        }
    }

    @Test func `CPU time of a span is the difference, also for the busiest thread`() {
        let before = BenchUsage(agentSeconds: 10, agentThreads: ["1": 9, "2": 1], hostSeconds: 100)
        let after = BenchUsage(agentSeconds: 12, agentThreads: ["1": 9.5, "2": 2, "3": 0.5], hostSeconds: 105)
        let use = BenchUsage.between(before, after, toolSeconds: 0.25)
        #expect(
            use == ProcessorUse(agentSeconds: 2, busiestThreadSeconds: 1, toolSeconds: 0.25, systemSeconds: 5))
        let none = BenchUsage(agentSeconds: nil, agentThreads: [:], hostSeconds: 100)
        let unknown = BenchUsage.between(none, after, toolSeconds: nil)
        #expect(unknown.agentSeconds == nil)
        #expect(unknown.busiestThreadSeconds == nil)
    }
}
