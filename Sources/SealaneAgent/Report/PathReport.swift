import FoundationEssentials
import SealaneEligibility
import SealaneFleet

/// Which way packets between two instances take, by a snapshot of the route tables: `sealane topology path --json`.
public struct PathReport: Codable, Sendable, Equatable {
    public struct End: Codable, Sendable, Equatable {
        public var address: String
        // Absent: nobody is known to have the address.
        public var interface: String?
        public var subnet: String?
        public var vpc: String?
        /// Absent: the interface is no instance's.
        public var instance: String?

        init(_ end: PathEnd) {
            address = end.address.description
            interface = end.interface?.id
            subnet = end.interface?.subnet
            vpc = end.interface?.vpc
            instance = end.interface?.instance
        }
    }

    public struct Direction: Codable, Sendable, Equatable {
        /// Both ends' subnet, if they share one, so that no route table applies.
        public var withinSubnet: String?
        /// The table that decides; absent if none does, or if it is not known which.
        public var routeTable: String?
        public var isMainTable: Bool?
        /// The route that is taken; several if AWS takes any of them.
        public var routes: [Topology.Route]
        /// All that in one line.
        public var summary: String
        /// Empty if and only if packets are known to arrive without passing a device.
        public var reasons: [Reason]

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

    public var schemaVersion = ReportSchema.version
    public var from: End
    public var to: End
    public var snapshotTakenAt: Date
    public var account: String?
    public var regions: [String]
    /// What is wrong with the ends, or with the snapshot as a whole.
    public var reasons: [Reason]
    /// Absent if the snapshot is too old to be judged by.
    public var there: Direction?
    public var back: Direction?
    /// With all reasons.
    public var verdict: VerdictReport

    /// - Parameter maximumAge: how old the snapshot may be.
    public init(
        between from: PathEnd, and to: PathEnd, in snapshot: TopologySnapshot, at now: Date, maximumAge: Duration
    ) {
        let judgement = PathAnalysis(
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
