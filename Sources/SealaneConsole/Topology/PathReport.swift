import FoundationEssentials
import SealaneControl
import SealaneEligibility
import SealaneFleet

/// Which way packets between two instances take, by a snapshot of the route tables: `sealane topology path --json`.
package struct PathReport: Codable, Sendable, Equatable {
    package struct End: Codable, Sendable, Equatable {
        package var address: String
        // Absent: nobody is known to have the address.
        package var interface: String?
        package var subnet: String?
        package var vpc: String?
        /// Absent: the interface is no instance's.
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
        /// Both ends' subnet, if it is one and no route table is consulted.
        package var withinSubnet: String?
        /// The table that decides; absent if none does, or if it is not known which.
        package var routeTable: String?
        package var isMainTable: Bool?
        /// The route that is taken; several if AWS takes any of them.
        package var routes: [Topology.Route]
        /// All that in one line.
        package var summary: String
        /// Empty if and only if packets are known to arrive without passing a device.
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
    /// What is wrong with the ends, or with the snapshot as a whole.
    package var reasons: [Reason]
    /// Absent if the snapshot is too old to be judged by.
    package var there: Direction?
    package var back: Direction?
    /// With all reasons.
    package var verdict: VerdictReport

    /// - Parameter maximumAge: how old the snapshot may be.
    package init(
        between from: PathEnd, and to: PathEnd, in snapshot: TopologySnapshot, at now: Date, maximumAge: Duration
    ) {
        let judgement = judgePath(
            between: from, and: to, in: snapshot.topology, age: snapshot.age(at: now), maximumAge: maximumAge)
        self.from = End(from)
        self.to = End(to)
        snapshotTakenAt = snapshot.takenAt
        account = snapshot.account
        regions = snapshot.regions
        reasons = judgement.reasons
        there = judgement.directions.first.map(Direction.init)
        back = judgement.directions.dropFirst().first.map(Direction.init)
        verdict = VerdictReport(judgement.verdict)
    }
}
