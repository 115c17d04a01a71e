import FoundationEssentials
import SealaneControl
import SealaneEligibility

/// Every metric, in the order of docs/operating.md.
extension MetricsReport {
    package static var contentType: String { "text/plain; version=0.0.4; charset=utf-8" }

    /// In Prometheus' text format, version 0.0.4.
    package var text: String {
        var text = MetricsText()
        addAgent(to: &text)
        addRepairs(to: &text)
        addPeers(to: &text)
        addTraffic(to: &text)
        addFilter(to: &text)
        addLanes(to: &text)
        addCrypto(to: &text)
        addProcess(to: &text)
        return text.text
    }

    private func addAgent(to text: inout MetricsText) {
        text.add(
            .gauge, "sealane_build_info", "The running agent's version.", [(["version": status.version], 1)])
        text.add(.gauge, "sealane_uptime_seconds", "How long the agent has run.", Double(status.uptimeSeconds))
        if let auditLinesLost {
            text.add(
                .counter, "sealane_audit_lines_lost_total", "Lines that the audit log should have and has not.",
                Double(auditLinesLost))
            text.add(
                .counter, "sealane_audit_lines_suppressed_total",
                "Lines that the audit log leaves out, since a peer caused too many.", Double(auditLinesSuppressed))
        }
        text.add(
            .counter, "sealane_log_lines_lost_total", "Lines of the log that nobody read in time.",
            Double(logLinesLost))
        text.add(
            .counter, "sealane_log_lines_suppressed_total",
            "Lines that the log leaves out, since a peer caused too many.", Double(logLinesSuppressed))
    }

    private func addRepairs(to text: inout MetricsText) {
        guard let repairs = status.repairs else { return }
        text.add(
            .counter, "sealane_repairs_total", "What others changed of the tunnel device and the agent put back.",
            repairs.sorted { $0.key < $1.key }.map { (["what": $0.key], Double($0.value)) })
    }

    private func addPeers(to text: inout MetricsText) {
        let peers = status.peers
        let states: [(PeerReport.State, Int)] = [
            (.idle, peers.idle), (.connecting, peers.connecting), (.established, peers.established),
            (.refused, peers.refused), (.unreachable, peers.unreachable),
        ]
        text.add(
            .gauge, "sealane_peers", "Peers, by where they stand.",
            states.map { (["state": $0.0.rawValue], Double($0.1)) })
        text.add(
            .gauge, "sealane_peer_verdicts", "Peers, by this host's verdict.",
            Verdict.Outcome.allCases.map { (["verdict": $0.rawValue], Double(peers.verdicts?[$0] ?? 0)) })
        let speakers = [("this-host", refusals.byThisHost), ("peer", refusals.byPeer)]
        text.add(
            .gauge, "sealane_refused_peers", "Peers refused for a reason, by this host or by the peer's agent.",
            speakers.flatMap { speaker, counts in
                ReasonCode.allCases.map { (["by": speaker, "reason": $0.rawValue], Double(counts[$0] ?? 0)) }
            })
        text.add(
            .gauge, "sealane_peer_lanes", "This host's lanes, over all peers with a session, by their state.",
            PeerReport.Lane.State.allCases.map { (["state": $0.rawValue], Double(lanes[$0] ?? 0)) })
        let ends = [
            ("established", handshakes.established), ("refused", handshakes.refused),
            ("refused-by-peer", handshakes.refusedByPeer), ("unanswered", handshakes.unanswered),
        ]
        text.add(
            .counter, "sealane_handshakes_total", "Handshakes, by how they ended.",
            ends.map { (["result": $0.0], Double($0.1)) })
    }

    private func addTraffic(to text: inout MetricsText) {
        let traffic = status.traffic
        text.add(
            .counter, "sealane_sent_packets_total", "Packets that went into the tunnel.", Double(traffic.sentPackets))
        text.add(
            .counter, "sealane_sent_bytes_total", "Bytes of these packets, without what the tunnel adds.",
            Double(traffic.sentBytes))
        text.add(
            .counter, "sealane_received_packets_total", "Packets that came out of the tunnel.",
            Double(traffic.receivedPackets))
        text.add(
            .counter, "sealane_received_bytes_total", "Bytes of these packets, without what the tunnel adds.",
            Double(traffic.receivedBytes))
        text.add(
            .counter, "sealane_drops_total", "Packets and datagrams that went no further, by reason.",
            status.counters.sorted { $0.key < $1.key }.map { (["reason": $0.key], Double($0.value)) })
    }

    private func addFilter(to text: inout MetricsText) {
        guard let filter = status.overlayFilter else { return }
        text.add(
            .gauge, "sealane_overlay_filter_in_place", "Whether the kernel drops packets of the overlay in clear.",
            filter.inPlace ? 1 : 0)
        text.add(
            .counter, "sealane_overlay_filter_repairs_total",
            "Times that the agent has put the filter back after another program had changed it.",
            Double(filter.repairs))
    }

    private func addLanes(to text: inout MetricsText) {
        let counters: [(name: String, help: String, KeyPath<StatusReport.LaneStatus, UInt64>)] = [
            ("super_packets_read", "Super-packets that a lane read from the tunnel device.", \.superPacketsRead),
            ("messages_sent", "Messages that a lane gave to its socket.", \.messagesSent),
            ("datagrams_sent", "Datagrams in these messages.", \.datagramsSent),
            ("messages_received", "Messages that a lane had from its socket.", \.messagesReceived),
            ("datagrams_received", "Datagrams in these messages.", \.datagramsReceived),
            ("writes", "Writes of a lane to the tunnel device.", \.writes),
            ("packets_written", "Packets in these writes.", \.packetsWritten),
            ("sleeps", "Times that a lane had nothing to do.", \.sleeps),
        ]
        for (name, help, value) in counters {
            text.add(
                .counter, "sealane_lane_\(name)_total", help,
                status.perLane.enumerated().map { number, lane in (["lane": "\(number)"], Double(lane[keyPath: value]))
                })
        }
        text.add(
            .gauge, "sealane_offload_enabled", "Whether an offload is in use, by all lanes.",
            status.offloads.map { (["offload": $0.name], $0.on ? 1 : 0) })
    }

    private func addCrypto(to text: inout MetricsText) {
        let suites = status.cipherSuites.joined(separator: ",")
        text.add(
            .gauge, "sealane_crypto_info", "Whose code encrypts, and the cipher suites it offers, best first.",
            [(["provider": status.crypto.provider, "suites": suites], 1)])
        text.add(
            .counter, "sealane_unlocked_secrets_total", "Keys that could not be locked in memory.",
            Double(unlockedSecrets))
        if let certificateExpiresAt {
            text.add(
                .gauge, "sealane_certificate_expiry_timestamp_seconds", "When this host's certificate expires.",
                certificateExpiresAt.timeIntervalSince1970)
        }
        if let lists = status.revocations {
            text.add(
                .gauge, "sealane_revocation_list_timestamp_seconds",
                "When a revocation list in force was issued, by its authority's key.",
                lists.map { (["key": $0.key], $0.issuedAt.timeIntervalSince1970) })
            text.add(
                .gauge, "sealane_revocation_list_number", "The number of a revocation list in force.",
                lists.map { (["key": $0.key], Double($0.number)) })
            text.add(
                .gauge, "sealane_revocation_list_stale",
                "Whether a revocation list in force is older than identity.revocations-max-age.",
                lists.map { (["key": $0.key], $0.stale ? 1 : 0) })
        }
    }

    /// Under the names that Prometheus' own client libraries use.
    private func addProcess(to text: inout MetricsText) {
        text.add(
            .gauge, "process_start_time_seconds", "When the process started.", status.startedAt.timeIntervalSince1970)
        guard let process else { return }
        text.add(
            .counter, "process_cpu_seconds_total", "Processor time that the process has taken.",
            process.processorSeconds)
        text.add(
            .gauge, "process_resident_memory_bytes", "Memory of the process that is in RAM.",
            Double(process.residentByteCount))
        text.add(
            .gauge, "process_virtual_memory_bytes", "Addresses that the process has mapped.",
            Double(process.virtualByteCount))
    }
}
