/// The analysis of packets from one end to the other.
package struct PathDirection: Sendable, Hashable {
    /// What determines the route.
    package enum Course: Sendable, Hashable {
        /// Both ends are in this subnet, so no route table applies.
        case withinSubnet(String)
        /// The route table of the first end's subnet, and the routes that packets may take: usually one; empty if none
        /// matches.
        case routed(table: String, isMain: Bool, routes: [Topology.Route])
        case unknown
    }

    package let from: PathEnd
    package let to: PathEnd
    package let course: Course
    /// Empty if and only if packets are known to arrive without passing through a device.
    package let reasons: [Reason]

    /// `10.0.0.0/16 by local, in rtb-0a (main)`.
    package var summary: String {
        switch course {
        case .withinSubnet(let subnet): return "within \(subnet): no route table applies"
        case .unknown: return "unknown"
        case .routed(let table, let isMain, let routes):
            let place = "in \(table)\(isMain ? " (main)" : "")"
            guard !routes.isEmpty else { return "no route \(place)" }
            return routes.map { "\($0.destination) by \($0.target)" }.joined(separator: " or ") + ", \(place)"
        }
    }
}
