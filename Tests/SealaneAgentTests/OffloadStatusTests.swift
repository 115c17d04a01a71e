import AgentTestSupport
import Foundation
import SealaneConsole
import SealaneControl
import SealaneDataplane
import SealaneLinux
import Testing

struct OffloadStatusTests {
    private let plain = ReportStyle(isColoured: false, now: SampleReports.now)

    @Test(
        arguments: [
            ([:], "checksum, tso4, tso6, uso, gso, gro"),
            (
                [.checksum: .off, .gso: .off, .gro: .off],
                "none; off: checksum (the configuration says off), tso4 (needs checksum, which is off: the configuration "
                    + "says off), tso6 (needs checksum, which is off: the configuration says off), uso (needs checksum, "
                    + "which is off: the configuration says off), gso (the configuration says off), "
                    + "gro (the configuration says off)"
            ),
        ] as [([Offload: OffloadSetting], String)])
    func `status tells which offloads are on, and of the others why not`(
        settings: [Offload: OffloadSetting], expected: String
    ) throws {
        var status = try SampleReports.status()
        status.offloads = OffloadPlan(settings, findings: [:]).states.map {
            StatusReport.OffloadStatus($0, losses: [])
        }
        status.lanes = 3
        let text = status.text(plain, peers: PeerListReport(peers: []))
        #expect(text.contains("  offloads    \(expected)\n"), "\(text)")
        #expect(text.contains("  listen      10.77.0.1:7325, 3 lanes\n"), "\(text)")
    }

    @Test func `an offload that a lane has lost is off, with what the kernel said`() throws {
        let refusal = SystemError(call: "sendmsg", errno: 5, subject: "10.77.0.2:7325")
        let losses = [
            OffloadLoss(offload: .gso, error: refusal),
            OffloadLoss(offload: .gso, error: SystemError(call: "sendmsg", errno: 22, subject: "")),
        ]
        var status = try SampleReports.status()
        status.offloads = OffloadPlan([.tso4: .off], findings: [:]).states.map {
            StatusReport.OffloadStatus($0, losses: losses)
        }
        let reason = "in use until refused: sendmsg(10.77.0.2:7325): Input/output error (EIO)"
        let gso = try #require(status.offloads.first { $0.name == "gso" })
        #expect(!gso.on && gso.setting == "auto" && gso.reason == reason)
        #expect(
            status.text(plain, peers: PeerListReport(peers: [])).contains(
                "  offloads    checksum, tso6, uso, gro; off: tso4 (the configuration says off), gso (\(reason))\n"))
    }

    @Test func `an offload that was off and is lost keeps its first reason`() throws {
        let loss = OffloadLoss(offload: .gso, error: SystemError(call: "sendmsg", errno: 5, subject: ""))
        let gso = OffloadPlan([.gso: .off], findings: [:])[.gso]
        let status = StatusReport.OffloadStatus(gso, losses: [loss])
        #expect(!status.on && status.reason == "the configuration says off")
    }
}
