import FoundationEssentials
import SealaneControl
import SealaneEligibility
import SealaneFleet

/// The path between two instances, by a snapshot of the route tables: `sealane topology path --json`.
package struct PathReport: Codable, Sendable, Equatable {
    package struct End: Codable, Sendable, Equatable {
        package var address: String
        // Absent: no known interface has the address.
        package var interface: String?
        package var subnet: String?
        package var vpc: String?
        /// Absent: the interface belongs to no instance.
        package var instance: String?

        init(_ end: PathEnd) {
            address = end.address.description
            interface = end.interface?.id
            subnet = end.interface?.subnet
            vpc = end.interface?.vpc
            instance = end.interface?.instance
        }
    }

    package struct Direction: Codable, Sendable, Equatable {
        /// The subnet of both ends, if it is the same, so that no route table applies.
        package var withinSubnet: String?
        /// The table that applies; absent: none does, or it is unknown.
        package var routeTable: String?
        package var isMainTable: Bool?
        /// The route that AWS takes; several, if AWS may take any of them.
        package var routes: [Topology.Route]
        /// The course in one line.
        package var summary: String
        /// Empty if and only if packets certainly arrive without crossing a device.
        package var reasons: [Reason]

        init(_ direction: PathDirection) {
            summary = direction.summary
            routes = []
            switch direction.course {
            case .withinSubnet(let subnet): withinSubnet = subnet
            case .routed(let table, let isMain, let taken):
                routeTable = table
                isMainTable = isMain
                routes = taken
            case .unknown: break
            }
            reasons = direction.reasons
        }
    }

    package var schemaVersion = ReportSchema.version
    package var from: End
    package var to: End
    package var snapshotTakenAt: Date
    package var account: String?
    package var regions: [String]
    /// Problems with the ends, or with the whole snapshot.
    package var reasons: [Reason]
    /// Absent: the snapshot is too old.
    package var there: Direction?
    package var back: Direction?
    /// With the reasons of both directions.
    package var verdict: VerdictReport

    /// - Parameter maximumAge: the greatest age of the snapshot.
    package init(
        between from: PathEnd, and to: PathEnd, in snapshot: TopologySnapshot, at now: Date, maximumAge: Duration
    ) {
        let analysis = PathAnalysis(
            between: from, and: to, in: snapshot.topology, age: snapshot.age(at: now), maximumAge: maximumAge)
        self.from = End(from)
        self.to = End(to)
        snapshotTakenAt = snapshot.takenAt
        account = snapshot.account
        regions = snapshot.regions
        reasons = analysis.reasons
        there = analysis.directions.first.map(Direction.init)
        back = analysis.directions.dropFirst().first.map(Direction.init)
        verdict = VerdictReport(analysis.verdict)
    }
}
