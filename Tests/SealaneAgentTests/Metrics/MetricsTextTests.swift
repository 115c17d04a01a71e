import AgentTestSupport
import Foundation
import SealaneControl
import SealaneDataplane
import SealaneEligibility
import SealaneLinux
import SealaneTunnel
import TestSupport
import Testing

struct MetricsTextTests {
    @Test func `every metric is as documented`() throws {
        let text = try SampleReports.metrics().text
        let metrics = try PrometheusText(text)
        #expect(
            metrics.kinds.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" } == [
                "process_cpu_seconds_total counter", "process_resident_memory_bytes gauge",
                "process_start_time_seconds gauge", "process_virtual_memory_bytes gauge",
                "sealane_audit_lines_lost_total counter", "sealane_audit_lines_suppressed_total counter",
                "sealane_build_info gauge",
                "sealane_crypto_info gauge", "sealane_drops_total counter", "sealane_handshakes_total counter",
                "sealane_lane_datagrams_received_total counter", "sealane_lane_datagrams_sent_total counter",
                "sealane_lane_messages_received_total counter", "sealane_lane_messages_sent_total counter",
                "sealane_lane_packets_written_total counter", "sealane_lane_sleeps_total counter",
                "sealane_lane_super_packets_read_total counter", "sealane_lane_writes_total counter",
                "sealane_log_lines_lost_total counter", "sealane_log_lines_suppressed_total counter",
                "sealane_offload_enabled gauge", "sealane_peer_lanes gauge", "sealane_peer_verdicts gauge",
                "sealane_peers gauge", "sealane_received_bytes_total counter",
                "sealane_received_packets_total counter", "sealane_refused_peers gauge",
                "sealane_repairs_total counter",
                "sealane_sent_bytes_total counter", "sealane_sent_packets_total counter",
                "sealane_unlocked_secrets_total counter", "sealane_uptime_seconds gauge",
            ])
    }

    @Test func `docs/operating.md has every metric, and no other`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        let page = try String(contentsOf: root.appending(path: "docs/operating.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.joined()
        let documented = rows.matches(of: #/`((?:sealane|process)_[a-z_]+)`/#).map { String($0.1) }
        var report = try SampleReports.metrics()
        report.certificateExpiresAt = SampleReports.now
        report.status.revocations = [Self.list]
        report.status.overlayFilter = .init(table: "inet sealane-sealane0", inPlace: true, prefixes: 3, repairs: 2)
        let metrics = try PrometheusText(report.text)
        #expect(metrics["sealane_overlay_filter_in_place", [:]] == 1)
        #expect(metrics["sealane_overlay_filter_repairs_total", [:]] == 2)
        #expect(documented.sorted() == metrics.kinds.keys.sorted())
    }

    private static let list = RevocationListReport(
        authority: "CN=ca", key: "9f", number: 7, issuedAt: SampleReports.now, ageSeconds: 60, stale: true,
        standing: "current", serials: 1, instances: 2)

    @Test func `each revocation list in force is a series by its authority's key`() throws {
        var report = try SampleReports.metrics()
        #expect(try PrometheusText(report.text).kinds["sealane_revocation_list_number"] == nil)
        report.status.revocations = [Self.list]
        let metrics = try PrometheusText(report.text)
        #expect(metrics["sealane_revocation_list_number", ["key": "9f"]] == 7)
        #expect(metrics["sealane_revocation_list_stale", ["key": "9f"]] == 1)
        #expect(
            metrics["sealane_revocation_list_timestamp_seconds", ["key": "9f"]]
                == SampleReports.now.timeIntervalSince1970)
    }

    @Test func `the values are those of the report`() throws {
        let metrics = try PrometheusText(try SampleReports.metrics().text)
        let expected: [(String, [String: String], Double)] = [
            ("sealane_build_info", ["version": Release.version], 1),
            ("sealane_uptime_seconds", [:], 90_000),
            ("sealane_audit_lines_lost_total", [:], 3), ("sealane_audit_lines_suppressed_total", [:], 5),
            ("sealane_log_lines_lost_total", [:], 6), ("sealane_log_lines_suppressed_total", [:], 7),
            ("sealane_repairs_total", ["what": "routes"], 2),
            ("sealane_repairs_total", ["what": "floor"], 0),
            ("sealane_peers", ["state": "idle"], 1),
            ("sealane_peers", ["state": "connecting"], 0),
            ("sealane_peers", ["state": "established"], 1),
            ("sealane_peers", ["state": "refused"], 2),
            ("sealane_peers", ["state": "unreachable"], 0),
            ("sealane_peer_verdicts", ["verdict": "eligible"], 1),
            ("sealane_peer_verdicts", ["verdict": "refused"], 1),
            ("sealane_peer_verdicts", ["verdict": "unjudged"], 2),
            ("sealane_refused_peers", ["by": "this-host", "reason": "peer-type-unsupported"], 1),
            ("sealane_refused_peers", ["by": "this-host", "reason": "vpc-not-shared"], 1),
            ("sealane_refused_peers", ["by": "this-host", "reason": "local-type-unsupported"], 0),
            // One peer that says it twice.
            ("sealane_refused_peers", ["by": "peer", "reason": "local-type-unsupported"], 1),
            ("sealane_handshakes_total", ["result": "established"], 9),
            ("sealane_handshakes_total", ["result": "refused"], 8),
            ("sealane_handshakes_total", ["result": "refused-by-peer"], 7),
            ("sealane_handshakes_total", ["result": "unanswered"], 6),
            ("sealane_sent_packets_total", [:], 1), ("sealane_sent_bytes_total", [:], 1500),
            ("sealane_received_packets_total", [:], 900_000), ("sealane_received_bytes_total", [:], 1_288_490_188),
            ("sealane_drops_total", ["reason": "replayed"], 2),
            ("sealane_drops_total", ["reason": "peer-refused"], 40),
            ("sealane_drops_total", ["reason": "not-authentic"], 0),
            ("sealane_lane_messages_sent_total", ["lane": "0"], 3),
            ("sealane_lane_datagrams_sent_total", ["lane": "0"], 100),
            ("sealane_offload_enabled", ["offload": "checksum"], 1),
            ("sealane_offload_enabled", ["offload": "uso"], 0),
            ("sealane_crypto_info", ["provider": "libsodium", "suites": "AES-256-GCM,ChaCha20-Poly1305"], 1),
            ("sealane_unlocked_secrets_total", [:], 2),
            ("process_start_time_seconds", [:], SampleReports.now.timeIntervalSince1970 - 90_000),
            ("process_cpu_seconds_total", [:], 12.5), ("process_resident_memory_bytes", [:], 30_000_000),
            ("process_virtual_memory_bytes", [:], 400_000_000),
        ]
        for (name, labels, value) in expected {
            #expect(metrics[name, labels] == value, "\(name) \(labels)")
        }
    }

    @Test func `every reason code has its series by either speaker, whether it occurs or not`() throws {
        let metrics = try PrometheusText(try SampleReports.metrics().text)
        for code in ReasonCode.allCases {
            for speaker in ["this-host", "peer"] {
                #expect(metrics["sealane_refused_peers", ["by": speaker, "reason": code.rawValue]] != nil)
            }
        }
    }

    @Test func `each lane and each reason of a drop is a series of its own`() throws {
        var report = try SampleReports.metrics()
        for reason in DropReason.allCases { report.status.counters[reason.name] = UInt64(reason.rawValue) }
        var counters = LaneCounters()
        report.status.perLane = (0..<64).map { lane in
            counters.sleeps = UInt64(lane) + 1000
            return StatusReport.LaneStatus(port: 7325 + UInt16(lane), counters)
        }
        let metrics = try PrometheusText(report.text)
        for reason in DropReason.allCases {
            #expect(metrics["sealane_drops_total", ["reason": reason.name]] == Double(reason.rawValue))
        }
        for lane in 0..<64 {
            #expect(metrics["sealane_lane_sleeps_total", ["lane": "\(lane)"]] == Double(lane + 1000))
        }
    }

    @Test func `what the system does not say, and a certificate that there is not, are left out`() throws {
        var report = try SampleReports.metrics()
        report.process = nil
        report.auditLinesLost = nil
        let without = try PrometheusText(report.text)
        #expect(without.kinds.keys.filter { $0.hasPrefix("process_") } == ["process_start_time_seconds"])
        #expect(without.kinds["sealane_audit_lines_lost_total"] == nil)
        #expect(without.kinds["sealane_audit_lines_suppressed_total"] == nil)
        #expect(without.kinds["sealane_certificate_expiry_timestamp_seconds"] == nil)
        report.certificateExpiresAt = SampleReports.now
        #expect(
            try PrometheusText(report.text)["sealane_certificate_expiry_timestamp_seconds", [:]]
                == SampleReports.now.timeIntervalSince1970)
    }

    @Test func `a label may hold anything`() throws {
        var random = SeededRandom(seed: 4)
        let alphabet = Array("\\\"\n\r{}=,# aé\u{0}\u{301}n")
        for _ in 0..<200 {
            let version = String((0..<12).compactMap { _ in alphabet.randomElement(using: &random) })
            var report = try SampleReports.metrics()
            report.status.version = version
            #expect(try PrometheusText(report.text)["sealane_build_info", ["version": version]] == 1)
        }
    }

    @Test func `there is as much text with 10000 peers as with none`() throws {
        var report = try SampleReports.metrics()
        report.status.peers = StatusReport.PeerCounts(Array(repeating: .idle, count: 0))
        let none = report.text.utf8.count
        report.status.peers = StatusReport.PeerCounts(Array(repeating: .idle, count: 10_000))
        #expect(report.text.utf8.count - none <= 4)
    }

    @Test(arguments: [
        "sealane_x 1", "# HELP x y\n# TYPE x gauge\nx 1", "# TYPE x gauge\nx 1\n", "# HELP x y\nx 1\n",
        "# HELP x y\n# TYPE x gauge\n", "# HELP x y\n# TYPE x counter\nx 1\n", "# HELP x y\n# TYPE x gauge\nx 1\nx 2\n",
        "# HELP x_total y\n# TYPE x_total gauge\nx_total 1\n", "# HELP x y\n# TYPE x gauge\nx{a=\"1\" 1\n",
        "# HELP x y\n# TYPE x gauge\nx{a=\"1\"}1\n", "# HELP x y\n# TYPE x gauge\nx{1=\"1\"} 1\n",
        "# HELP x y\n# TYPE x gauge\nx{a=\"\\x\"} 1\n", "# HELP x y\n# TYPE x gauge\nx one\n",
        "# HELP x y\n# TYPE x gauge\nx{a=\"1\",b=\"2\"} 1\nx{b=\"2\",a=\"1\"} 1\n",
        "# HELP x y\n# TYPE x gauge\nx 1\n\n", "# HELP x y\n# TYPE x gauge\nx{a=\"1\"} 1\nx{b=\"1\"} 1\n",
    ])
    func `the parser of these tests is strict`(_ text: String) {
        #expect(throws: Failure.self) { try PrometheusText(text) }
    }

    @Test func `Prometheus' own checker has nothing to say`() throws {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        guard let program = folders.map({ "\($0)/promtool" }).first(where: FileManager.default.isExecutableFile) else {
            print("skipped: no promtool in the PATH (Debian's package prometheus) to check the metrics with")
            return
        }
        var report = try SampleReports.metrics()
        report.certificateExpiresAt = SampleReports.now
        let checker = Process()
        checker.executableURL = URL(filePath: program)
        checker.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        checker.standardInput = input
        checker.standardOutput = output
        checker.standardError = output
        try checker.run()
        try input.fileHandleForWriting.write(contentsOf: Data(report.text.utf8))
        try input.fileHandleForWriting.close()
        let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        checker.waitUntilExit()
        #expect(checker.terminationStatus == 0 && said.isEmpty, "\(said)")
    }
}
