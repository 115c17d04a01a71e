import AgentTestSupport
import Foundation
import SealaneControl
import SealaneEligibility
import Testing

/// The JSON that programs rely on. A change of a line below is a change of the contract: add keys, change none.
struct ReportSchemaTests {
    @Test func `a session of an agent that does not tell of lanes is read`() throws {
        let report = try SampleReports.established()
        var root = try #require(
            JSONSerialization.jsonObject(with: Data(try ReportSchema.encode(report))) as? [String: Any])
        var session = try #require(root["session"] as? [String: Any])
        #expect(session.removeValue(forKey: "lanes") != nil)
        root["session"] = session
        let json = try [UInt8](JSONSerialization.data(withJSONObject: root))
        var expected = report
        expected.session?.lanes = []
        #expect(try ReportSchema.decode(PeerReport.self, from: json) == expected)
    }

    @Test func `the status is as documented`() throws {
        #expect(
            try json(SampleReports.status()) == """
                {
                  "addresses" : [
                    "10.78.0.1/24"
                  ],
                  "cipherSuites" : [
                    "AES-256-GCM",
                    "ChaCha20-Poly1305"
                  ],
                  "counters" : {
                    "not-authentic" : 0,
                    "peer-refused" : 40,
                    "replayed" : 2
                  },
                  "crypto" : {
                    "provider" : "libsodium",
                    "reason" : "as configured"
                  },
                  "fleet" : "sealane",
                  "instance" : {
                    "id" : {
                      "source" : "certificate",
                      "value" : "i-0a"
                    },
                    "region" : {
                      "source" : "stated by operator",
                      "value" : "us-east-1"
                    },
                    "type" : {
                      "source" : "stated by operator",
                      "value" : "c5n.18xlarge"
                    },
                    "vpc" : {
                      "source" : "stated by operator",
                      "value" : "vpc-0a"
                    }
                  },
                  "interface" : "sealane0",
                  "lanes" : 1,
                  "listen" : "10.77.0.1:7325",
                  "mtu" : 1440,
                  "offloads" : [
                    {
                      "name" : "checksum",
                      "on" : true,
                      "setting" : "auto"
                    },
                    {
                      "name" : "tso4",
                      "on" : true,
                      "setting" : "auto"
                    },
                    {
                      "name" : "tso6",
                      "on" : true,
                      "setting" : "auto"
                    },
                    {
                      "name" : "uso",
                      "on" : false,
                      "reason" : "it is not known",
                      "setting" : "auto"
                    },
                    {
                      "name" : "gso",
                      "on" : false,
                      "reason" : "the configuration says off",
                      "setting" : "off"
                    },
                    {
                      "name" : "gro",
                      "on" : true,
                      "setting" : "auto"
                    }
                  ],
                  "peers" : {
                    "connecting" : 0,
                    "established" : 1,
                    "idle" : 1,
                    "refused" : 2,
                    "total" : 4,
                    "unreachable" : 0,
                    "verdicts" : {
                      "eligible" : 1,
                      "refused" : 1,
                      "unjudged" : 2
                    }
                  },
                  "perLane" : [
                    {
                      "datagramsReceived" : 0,
                      "datagramsSent" : 100,
                      "messagesReceived" : 0,
                      "messagesSent" : 3,
                      "packetsWritten" : 0,
                      "port" : 7325,
                      "sleeps" : 0,
                      "superPacketsRead" : 0,
                      "writes" : 0
                    }
                  ],
                  "pid" : 4711,
                  "publicKey" : "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=",
                  "repairs" : {
                    "floor" : 0,
                    "routes" : 2
                  },
                  "schemaVersion" : 1,
                  "startedAt" : "2026-01-01T02:04:05Z",
                  "traffic" : {
                    "receivedBytes" : 1288490188,
                    "receivedPackets" : 900000,
                    "sentBytes" : 1500,
                    "sentPackets" : 1
                  },
                  "uptimeSeconds" : 90000,
                  "version" : "\(Release.version)"
                }

                """)
    }

    @Test func `a refused peer is as documented`() throws {
        #expect(
            try json(SampleReports.refused()) == """
                {
                  "addresses" : [
                    "10.78.0.3/32"
                  ],
                  "counters" : {

                  },
                  "endpoint" : "10.77.0.3:7325",
                  "instance" : {
                    "region" : {
                      "source" : "stated by operator",
                      "value" : "us-east-1"
                    },
                    "type" : {
                      "source" : "stated by operator",
                      "value" : "t3.micro"
                    },
                    "vpc" : {
                      "source" : "stated by operator",
                      "value" : "vpc-0a"
                    }
                  },
                  "name" : "c",
                  "origin" : "added",
                  "path" : [

                  ],
                  "presharedKey" : false,
                  "publicKey" : "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=",
                  "schemaVersion" : 1,
                  "state" : "refused",
                  "traffic" : {
                    "receivedBytes" : 0,
                    "receivedPackets" : 0,
                    "sentBytes" : 0,
                    "sentPackets" : 0
                  },
                  "verdict" : {
                    "eligible" : false,
                    "reasons" : [
                      {
                        "code" : "peer-type-unsupported",
                        "observed" : "t3.micro",
                        "required" : "a family that encrypts",
                        "source" : "stated by operator; catalog"
                      },
                      {
                        "code" : "vpc-not-shared",
                        "observed" : "local vpc-0a, peer vpc-0d",
                        "required" : "one VPC",
                        "source" : "stated by operator"
                      }
                    ],
                    "verdict" : "refused"
                  }
                }

                """)
    }

    @Test func `an established peer has its session and times besides`() throws {
        let more = Set(try keys(SampleReports.established())).subtracting(try keys(SampleReports.refused()))
        #expect(
            more.sorted() == [
                "counters.not-authentic", "counters.replayed", "lastHandshakeAt", "mtu", "session.ageSeconds",
                "session.initiator", "session.laneCount", "session.rekeys", "session.suite",
            ])
        #expect(try json(SampleReports.established()).contains("\"lastHandshakeAt\" : \"2026-01-02T03:02:53Z\""))
    }

    @Test func `a peer's session has this host's lanes`() throws {
        let more = Set(try keys(SampleReports.withLanes())).subtracting(try keys(SampleReports.established()))
        #expect(
            more.sorted() == [
                "session.lanes[].peerPort", "session.lanes[].port", "session.lanes[].since", "session.lanes[].state",
            ])
        #expect(PeerReport.Lane.State.allCases.map(\.rawValue) == ["in-use", "validating", "silent", "reduced"])
    }

    @Test func `a handshake that was not accepted, and hosts that are no peers, have these keys`() throws {
        let more = Set(try keys(SampleReports.withRefusedHandshake())).subtracting(
            try keys(SampleReports.unreachable()))
        #expect(
            more.sorted()
                == ["at", "observed", "otherPeer", "proven", "publicKey", "reason", "remedy", "source"].map {
                    "refusedHandshake.\($0)"
                })
        #expect(
            RefusedHandshakeReport.Reason.allCases.map(\.rawValue) == [
                "unexpected-source", "keys-swapped", "other-public-key", "not-for-this-key", "other-fleet",
                "preshared-key-differs", "no-common-suite", "unsupported-version", "clock-ahead", "clock-behind",
            ])
        let stranger = StrangerReport(
            source: "s", publicKey: "k", since: SampleReports.now, lastAt: SampleReports.now, handshakes: 1)
        #expect(try keys(stranger) == ["handshakes", "lastAt", "publicKey", "since", "source"])
        var status = try SampleReports.status()
        status.strangers = [stranger]
        #expect(try keys(status).contains("strangers[].source"))
    }

    @Test func `the other reports have these keys`() throws {
        #expect(
            try keys(
                CheckReport(
                    peer: "b", source: "10.78.0.2", verdict: .refused([SampleReports.typeReason]), state: .unreachable,
                    unanswered: SampleReports.unreachable().unanswered, refusedByPeer: [SampleReports.vpcReason],
                    local: Facts([.vpc: Fact("v", .stated)]),
                    remote: Facts([.subnet: Fact("s", .signedDocument)]))) == [
                    "local.vpc.source", "local.vpc.value", "peer", "refusedByPeer[].code", "refusedByPeer[].observed",
                    "refusedByPeer[].required", "refusedByPeer[].source", "remote.subnet.source", "remote.subnet.value",
                    "schemaVersion", "source", "state", "unanswered.attempts", "unanswered.from", "unanswered.lane",
                    "unanswered.since", "unanswered.to", "verdict.eligible", "verdict.reasons[].code",
                    "verdict.reasons[].observed", "verdict.reasons[].required", "verdict.reasons[].source",
                    "verdict.verdict",
                ])
        #expect(
            try keys(ReloadReport(added: ["a"], removed: ["b"], changed: ["c"], policyChanged: true))
                == [
                    "added[]", "changed[]", "identityChanged", "policyChanged", "removed[]", "schemaVersion",
                    "topologyChanged",
                ])
        var warned = ReloadReport(added: [], removed: [], changed: ["c"], policyChanged: false)
        (warned.presharedKeysChanged, warned.warnings) = (["c"], ["w"])
        #expect(Set(try keys(warned)).isSuperset(of: ["presharedKeysChanged[]", "warnings[]"]))
        #expect(
            try keys(
                ReloadReport(added: [], removed: [], changed: [], policyChanged: false, repairs: ["addresses": 1])
            ).contains("repairs.addresses"))
        #expect(try keys(RemovalReport(removed: "b")) == ["removed", "schemaVersion"])
        #expect(try keys(SampleReports.list()).contains("peers[].verdict.reasons[].code"))
        #expect(try keys(SampleReports.list()).contains("schemaVersion"))
    }

    @Test func `a verdict says which of three it is, and an unjudged one what is missing`() throws {
        #expect(try json(VerdictReport(.eligible)).contains("\"verdict\" : \"eligible\""))
        #expect(
            try json(VerdictReport(.unjudged(missing: [.claims, .certificate, .translation, .forwarding, .mtu])))
                == """
                {
                  "eligible" : false,
                  "missing" : [
                    "statement",
                    "certificate",
                    "translation",
                    "forwarding",
                    "mtu"
                  ],
                  "reasons" : [

                  ],
                  "verdict" : "unjudged"
                }

                """)
    }

    @Test func `a verdict of an agent that knew two is read`() throws {
        let passes = Array(#"{"eligible": true, "reasons": []}"#.utf8)
        #expect(try ReportSchema.decode(VerdictReport.self, from: passes) == VerdictReport(.eligible))
        let refused = VerdictReport(.refused([SampleReports.typeReason]))
        var old = try #require(
            try JSONSerialization.jsonObject(with: Data(try ReportSchema.encode(refused))) as? [String: Any])
        old["verdict"] = nil
        let bytes = Array(try JSONSerialization.data(withJSONObject: old))
        #expect(try ReportSchema.decode(VerdictReport.self, from: bytes) == refused)
    }

    @Test func `what was written is read back the same`() throws {
        let status = try SampleReports.status()
        #expect(try ReportSchema.decode(StatusReport.self, from: try ReportSchema.encode(status)) == status)
        let list = try SampleReports.list()
        #expect(try ReportSchema.decode(PeerListReport.self, from: try ReportSchema.encode(list)) == list)
    }
}
