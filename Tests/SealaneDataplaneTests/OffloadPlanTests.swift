import SealaneDataplane
import SealaneLinux
import Testing

struct OffloadPlanTests {
    private static let needsChecksum: [Offload] = [.tso4, .tso6, .uso]

    @Test func `what is not said is auto, and what was not found wanting works`() {
        let plan = OffloadPlan([:], findings: [:])
        #expect(plan.states.map(\.offload) == Offload.allCases)
        #expect(plan.states.allSatisfy { $0.setting == .auto && $0.isOn && $0.reasonOff == nil })
        #expect(plan.unmet == nil)
        #expect(plan.ofTun == .all)
    }

    @Test(arguments: Offload.allCases, OffloadSetting.allCases)
    func `setting and finding decide together`(offload: Offload, setting: OffloadSetting) {
        for finding in [nil, "the kernel says no"] {
            let plan = OffloadPlan([offload: setting], findings: finding.map { [offload: $0] } ?? [:])
            let state = plan[offload]
            #expect(state.setting == setting)
            // The operator's own word goes first.
            #expect(state.reasonOff == (setting == .off ? "the configuration says off" : finding))
            #expect(state.isOn == (state.reasonOff == nil))
            let isUnmet = setting == .on && finding != nil
            #expect(plan.unmet?.offload == (isUnmet ? offload : nil))
            for other in Offload.allCases where other != offload {
                let falls = offload == .checksum && !state.isOn && Self.needsChecksum.contains(other)
                #expect(plan[other].isOn != falls, "\(other)")
            }
        }
    }

    @Test func `without checksum there are no super-packets on the device, which says why`() {
        for (settings, findings, why): ([Offload: OffloadSetting], [Offload: String], String) in [
            ([.checksum: .off], [:], "the configuration says off"), ([:], [.checksum: "EINVAL"], "EINVAL"),
        ] {
            let plan = OffloadPlan(settings, findings: findings)
            for offload in Self.needsChecksum {
                #expect(plan[offload].reasonOff == "needs checksum, which is off: \(why)")
            }
            #expect(plan[.gso].isOn && plan[.gro].isOn)
            #expect(plan.ofTun == nil)
            #expect(plan.unmet == nil)
        }
    }

    @Test func `a reason of its own goes before that of checksum`() {
        let plan = OffloadPlan([.checksum: .off, .tso4: .off], findings: [.uso: "Linux 6.2"])
        #expect(plan[.tso4].reasonOff == "the configuration says off")
        #expect(plan[.uso].reasonOff == "Linux 6.2")
        #expect(plan[.tso6].reasonOff == "needs checksum, which is off: the configuration says off")
    }

    @Test func `the first that the operator insists on and cannot have is unmet, one that falls with checksum too`() {
        let fallen = OffloadPlan([.checksum: .off, .tso6: .on], findings: [:])
        #expect(fallen.unmet?.offload == .tso6)
        let several = OffloadPlan([.gro: .on, .uso: .on, .gso: .on], findings: [.gro: "no", .uso: "never"])
        #expect(several.unmet?.offload == .uso)
        #expect(several.unmet?.reasonOff == "never")
        #expect(OffloadPlan([.gso: .off, .gro: .on], findings: [.gso: "no"]).unmet == nil)
    }

    @Test func `the device is asked for what is on; its ECN flag with either kind of TCP`() {
        func asked(_ off: Offload...) -> TunOffloads? {
            OffloadPlan(Dictionary(uniqueKeysWithValues: off.map { ($0, .off) }), findings: [:]).ofTun
        }
        #expect(asked(.gso, .gro) == .all)
        #expect(asked(.tso4) == [.checksum, .tso6, .ecn, .uso])
        #expect(asked(.tso6) == [.checksum, .tso4, .ecn, .uso])
        #expect(asked(.tso4, .tso6) == [.checksum, .uso])
        #expect(asked(.uso) == [.checksum, .tso4, .tso6, .ecn])
        #expect(asked(.tso4, .tso6, .uso) == .checksum)
    }
}
