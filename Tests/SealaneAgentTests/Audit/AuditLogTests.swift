import AgentTestSupport
import Foundation
import Glibc
import SealaneAgent
import SealaneEligibility
import SealaneLinux
import TestSupport
import Testing

struct AuditLogTests {
    private let directory: ScratchDirectory
    private let lines = RecordingLogHandler.Lines()

    init() throws {
        directory = try ScratchDirectory()
    }

    private var path: String { directory.path("audit.jsonl") }

    private func open() throws -> AuditLog {
        try AuditLog(path: path, logger: RecordingLogHandler.logger(lines))
    }

    /// Once all that was recorded is written.
    private func text(_ name: String = "audit.jsonl", of audit: AuditLog) throws -> String {
        try #require(audit.flush(within: .seconds(60)))
        return try String(contentsOfFile: directory.path(name), encoding: .utf8)
    }

    private static let noon = Date(timeIntervalSince1970: 1_767_323_045.25)

    @Test func `every event is one line of JSON, as documented`() throws {
        let audit = try open()
        let refused = Verdict.refused([SampleReports.typeReason])
        audit.record(.agentStarted(version: "0.1.0", at: Self.noon))
        audit.record(
            .request(
                method: "POST", target: "/v1/peers", peer: "b", status: 201,
                by: PeerCredentials(pid: 3, uid: 1, gid: 2), at: Self.noon))
        audit.record(.request(method: nil, target: nil, peer: nil, status: 400, by: nil, at: Self.noon))
        audit.record(.reloadSignal(error: nil, at: Self.noon))
        audit.record(.reloadSignal(error: "line 1\nline 2", at: Self.noon))
        audit.record(.verdict(on: "b", from: nil, to: .eligible, at: Self.noon))
        audit.record(.verdict(on: "b", from: .eligible, to: refused, at: Self.noon))
        audit.record(
            .sessionEstablished(4_294_967_295, with: "b", suite: "AES-256-GCM", initiator: true, at: Self.noon))
        audit.record(.sessionEnded(4_294_967_295, with: "b", at: Self.noon))
        audit.record(.suppressed(118, of: "b", at: Self.noon))
        audit.record(.suppressed(119, of: nil, at: Self.noon))
        audit.record(.agentStopped(at: Self.noon))
        let time = #""time":"2026-01-02T03:04:05.250Z""#
        #expect(
            try text(of: audit) == """
                {"event":"agent-started","schemaVersion":1,\(time),"version":"0.1.0"}
                {"event":"request","gid":2,"method":"POST","peer":"b","pid":3,"schemaVersion":1,"status":201,\
                "target":"/v1/peers",\(time),"uid":1}
                {"event":"request","schemaVersion":1,"status":400,\(time)}
                {"event":"reload-signal","schemaVersion":1,\(time)}
                {"error":"line 1\\nline 2","event":"reload-signal","schemaVersion":1,\(time)}
                {"event":"verdict","from":"unjudged","peer":"b","reasons":[],"schemaVersion":1,\(time),"to":"eligible"}
                {"event":"verdict","from":"eligible","peer":"b","reasons":[{"code":"peer-type-unsupported",\
                "observed":"t3.micro","required":"a family that encrypts","source":"stated by operator; catalog"}],\
                "schemaVersion":1,\(time),"to":"refused"}
                {"event":"session-established","initiator":true,"peer":"b","schemaVersion":1,"session":4294967295,\
                "suite":"AES-256-GCM",\(time)}
                {"event":"session-ended","peer":"b","schemaVersion":1,"session":4294967295,\(time)}
                {"count":118,"event":"suppressed","peer":"b","schemaVersion":1,\(time)}
                {"count":119,"event":"suppressed","schemaVersion":1,\(time)}
                {"event":"agent-stopped","schemaVersion":1,\(time)}

                """)
        #expect(directory.mode(of: "audit.jsonl") == 0o600)
        #expect(lines.all.isEmpty)
    }

    @Test func `a line is a line whatever was asked for, and no longer than it must be`() throws {
        let audit = try open()
        var random = SeededRandom(seed: 7)
        for _ in 0..<200 {
            let target = String(
                String.UnicodeScalarView(
                    (0..<40).compactMap { _ in Unicode.Scalar(UInt32.random(in: 0...0x2fff, using: &random)) }))
            audit.record(.request(method: "GET", target: target, peer: nil, status: 404, by: nil))
        }
        audit.record(
            .request(method: "GET", target: String(repeating: "x", count: 9999), peer: nil, status: 404, by: nil))
        audit.record(.reloadSignal(error: String(repeating: "x", count: 1 << 20)))
        let written = try text(of: audit).utf8.split(separator: UInt8(ascii: "\n"))
        #expect(written.count == 202)
        #expect(written.last?.count ?? .max < 1200)
        for line in written.dropLast() {
            let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            #expect(object?["event"] as? String == "request")
            #expect(try #require(object?["target"] as? String).unicodeScalars.count <= 256)
        }
    }

    @Test func `a verdict whose reasons list every prefix of a peer is a line of bounded length`() throws {
        let audit = try open()
        let prefixes = (0..<10_000).map { "10.\($0 / 256).\($0 % 256).0/24" }.joined(separator: ", ")
        let reason = Reason(
            code: .addressNotOwned, observed: prefixes, required: "an address within \(prefixes)", source: prefixes)
        audit.record(.verdict(on: "b", from: nil, to: .refused(Array(repeating: reason, count: 26))))
        #expect(try text(of: audit).utf8.count < 32 << 10)
        let object = try JSONSerialization.jsonObject(with: Data(try text(of: audit).utf8)) as? [String: Any]
        let reasons = try #require(object?["reasons"] as? [[String: String]])
        #expect(reasons.count == 26)
        #expect(reasons.allSatisfy { $0["observed"] == String(prefixes.prefix(256)) })
    }

    @Test func `what is there is kept`() throws {
        try directory.write("{}\n", to: "audit.jsonl")
        let audit = try open()
        audit.record(.agentStopped())
        #expect(try text(of: audit).hasPrefix("{}\n{\"event\":\"agent-stopped\""))
    }

    @Test func `after a rotation it goes on in the new file, from when it is told`() throws {
        let audit = try open()
        audit.record(.sessionEnded(1, with: "b"))
        #expect(audit.flush(within: .seconds(60)))
        try FileManager.default.moveItem(atPath: path, toPath: directory.path("audit.jsonl.1"))
        audit.record(.sessionEnded(2, with: "b"))
        audit.reopen()
        audit.record(.sessionEnded(3, with: "b"))
        #expect(try text("audit.jsonl.1", of: audit).matches(of: #/"session":(\d)/#).map { $0.1 } == ["1", "2"])
        #expect(try text(of: audit).matches(of: #/"session":(\d)/#).map { $0.1 } == ["3"])
        #expect(directory.mode(of: "audit.jsonl") == 0o600)
    }

    @Test func `where it cannot be opened anew, it goes on in the old file and says so`() throws {
        let audit = try open()
        try FileManager.default.moveItem(atPath: path, toPath: directory.path("audit.jsonl.1"))
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        audit.reopen()
        audit.record(.agentStopped())
        #expect(try text("audit.jsonl.1", of: audit).contains("agent-stopped"))
        #expect(lines.all == ["error audit log not reopened why=open(\(path)): Is a directory (EISDIR)"])
    }

    @Test func `a log that was removed begins anew with the next line, and that is told`() throws {
        let audit = try open()
        audit.record(.sessionEnded(1, with: "b"))
        #expect(audit.flush(within: .seconds(60)))
        try FileManager.default.removeItem(atPath: path)
        audit.record(.sessionEnded(2, with: "b"))
        audit.record(.sessionEnded(3, with: "b"))
        #expect(try text(of: audit).matches(of: #/"session":(\d)/#).map { $0.1 } == ["2", "3"])
        #expect(directory.mode(of: "audit.jsonl") == 0o600)
        #expect(audit.lostLineCount == 0)
        #expect(lines.all == ["warning audit log was removed and has been created again path=\(path)"])
    }

    @Test func `lines after the removal of its directory are lost, and told to be, until there is one again`() throws {
        let parent = directory.path("logs")
        let path = parent + "/audit.jsonl"
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: false)
        let audit = try AuditLog(path: path, logger: RecordingLogHandler.logger(lines))
        try FileManager.default.removeItem(atPath: parent)
        for _ in 0..<3 { audit.record(.agentStarted()) }
        #expect(audit.flush(within: .seconds(60)))
        #expect(audit.lostLineCount == 3)
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: false)
        audit.record(.agentStopped())
        #expect(audit.flush(within: .seconds(60)))
        #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("{\"event\":\"agent-stopped\""))
        #expect(
            lines.all == [
                "error audit log not written; lines are lost path=\(path) "
                    + "why=open(\(path)): No such file or directory (ENOENT)",
                "warning audit log was removed and has been created again path=\(path)",
                "notice audit log is written again lines-lost=3 path=\(path)",
            ])
    }

    @Test func `lines that are lost are counted, told once, and told again when the next one is written`() throws {
        let limit = 1 << 40
        let audit = try open()
        #expect(truncate(path, limit) == 0)
        for _ in 0..<2 {
            try FileSizeLimit.with(UInt64(limit)) {
                for _ in 0..<5 { audit.record(.agentStopped()) }
                #expect(audit.flush(within: .seconds(60)))
            }
            audit.record(.agentStarted())
            audit.record(.agentStarted())
            #expect(audit.flush(within: .seconds(60)))
            #expect(truncate(path, limit) == 0)
        }
        #expect(audit.lostLineCount == 10)
        let lost = "error audit log not written; lines are lost path=\(path) why=write(\(path)): File too large (EFBIG)"
        let again = "notice audit log is written again lines-lost=5 path=\(path)"
        #expect(lines.all == [lost, again, lost, again])
    }

    @Test func `who is to be answered only afterwards goes on once the line is in the file`() async throws {
        let audit = try open()
        for number: UInt32 in 1...20 {
            await audit.recordFirst(.sessionEnded(number, with: "b"))
            #expect(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == Int(number))
        }
    }

    @Test func `a path that cannot be opened is an error`() throws {
        let error = systemError { _ = try AuditLog(path: path + "/x/y", logger: RecordingLogHandler.logger(lines)) }
        #expect(error?.description == "open(\(path)/x/y): No such file or directory (ENOENT)")
    }
}
