import FoundationEssentials
import SealaneControl
import SealaneTunnel

extension ClockReport {
    init(_ objection: ClockObjection, at: Date) {
        self.init(
            clockOf: objection.isByPeer ? .thisHost : .peer, problem: objection.kind == .ahead ? .ahead : .behind,
            stated: Date(objection.stated), comparedWith: Date(objection.comparedWith), at: at)
    }
}

extension Date {
    fileprivate init(_ time: TAI64N) {
        self.init(timeIntervalSince1970: TimeInterval(time.unixSecondsWithinReason))
    }
}
