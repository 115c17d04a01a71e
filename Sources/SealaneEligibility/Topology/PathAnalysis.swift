import SealanePacket

/// Whether the path between two instances crosses a virtual device in either direction, according to the route tables.
package struct PathAnalysis: Sendable, Hashable {
    /// Problems of the ends themselves, or of the topology as a whole.
    package let reasons: [Reason]
    /// From the first end to the second, then back. Empty if the topology is too old.
    package let directions: [PathDirection]

    package init(reasons: [Reason], directions: [PathDirection]) {
        self.reasons = reasons
        self.directions = directions
    }

    /// Analyzes the path between two ends by the route tables on both sides.
    ///
    /// EC2 encrypts traffic that "does not pass through a virtual network device or service, such as a load balancer or a
    /// transit gateway" (docs.aws.amazon.com/AWSEC2/latest/UserGuide/data-protection.html, "Encryption in transit").
    /// Therefore a path passes if both ends are interfaces of instances, and each direction stays in a subnet, takes a
    /// `local` route, or crosses one active peering connection within a Region. Everything else is a reason:
    /// `path-device`, `path-missing`, `region-mismatch`, or `path-unknown` if the topology lacks the information.
    /// Security groups and network ACLs do not affect routing and are ignored.
    ///
    /// - Parameters:
    ///   - age: the time since the topology was taken.
    ///   - maximumAge: a topology older than this, or taken more than five minutes in the future, gives `path-unknown`.
    package init(
        between first: PathEnd, and second: PathEnd, in topology: Topology, age: Duration, maximumAge: Duration
    ) {
        if let reason = Self.ageReason(age, maximumAge: maximumAge) {
            self.init(reasons: [reason], directions: [])
            return
        }
        self.init(
            reasons: [first, second].compactMap(endReason),
            directions: [(first, second), (second, first)].map { topology.direction(from: $0, to: $1) })
    }

    package var verdict: Verdict {
        let all = reasons + directions.flatMap(\.reasons)
        return all.isEmpty ? .eligible : .refused(all)
    }

    /// Why a topology of this age is not usable; nil: it is.
    package static func ageReason(_ age: Duration, maximumAge: Duration) -> Reason? {
        guard !isFresh(age, maximumAge: maximumAge) else { return nil }
        let limit = TimeSpan.text(seconds: Int(maximumAge.components.seconds))
        let seconds = Int(age.components.seconds)
        let span = TimeSpan.text(seconds: abs(seconds))
        return Reason(
            code: .pathUnknown,
            observed: seconds < 0
                ? "a topology from \(span) in the future"
                // An age just above the limit reads the same as the limit.
                : "a topology \(span == limit ? "more than " : "")\(span) old",
            required: "one at most \(limit) old", source: "topology")
    }

    /// Whether a topology of this age is usable. Clocks differ, so it may be up to five minutes in the future.
    package static func isFresh(_ age: Duration, maximumAge: Duration) -> Bool {
        age <= maximumAge && age >= .seconds(-300)
    }

    /// Both directions, written once if they are the same. Without directions: the reasons.
    var summary: String {
        let summaries = directions.map(\.summary)
        if let there = summaries.first, let back = summaries.last {
            return there == back ? there : "there \(there); back \(back)"
        }
        return reasons.map(\.observed).joined(separator: "; ")
    }
}

/// Why an end is not an instance's own interface. EC2 encrypts traffic between instances, but an interface can also belong
/// to a load balancer or a gateway. Interfaces of Application Load Balancers have the type `interface`; they differ in that
/// they are not attached to an instance of the account.
///
/// Source: EC2 API reference, `NetworkInterface` (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html):
/// `interfaceType`, `requesterManaged`, `attachment.instanceId`.
private func endReason(_ end: PathEnd) -> Reason? {
    let required = "an interface of an instance"
    guard let interface = end.interface else {
        return Reason(
            code: .pathUnknown, observed: "no known interface has \(end.address)", required: required,
            source: "topology, interfaces")
    }
    func reason(_ code: ReasonCode, _ observed: String) -> Reason {
        Reason(code: code, observed: observed, required: required, source: "topology, \(interface.id)")
    }
    guard interface.has(end.address) else {
        return reason(.pathUnknown, "\(interface.id) does not have \(end.address)")
    }
    guard ["interface", "efa", "trunk", "branch"].contains(interface.type) else {
        return reason(.pathDevice, "\(end.address) belongs to \(interface.id), type \(interface.type)")
    }
    guard !interface.isRequesterManaged else {
        return reason(.pathDevice, "\(end.address) belongs to \(interface.id), which an AWS service manages")
    }
    guard interface.instance != nil else {
        return reason(.pathMissing, "\(interface.id) (\(end.address)) is not attached to an instance")
    }
    return nil
}
