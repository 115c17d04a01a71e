import FoundationEssentials
import SealaneControl
import SealaneFleet

/// A new snapshot and its file: `sealane topology pull --json`.
package struct TopologyReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    package var file: String
    package var takenAt: Date
    package var account: String?
    package var regions: [String]
    package var vpcs: Int
    package var subnets: Int
    package var routeTables: Int
    package var peerings: Int
    package var interfaces: Int
    package var instances: Int

    package init(_ snapshot: TopologySnapshot, file: String) {
        self.file = file
        takenAt = snapshot.takenAt
        account = snapshot.account
        regions = snapshot.regions
        vpcs = snapshot.topology.vpcs.count
        subnets = snapshot.topology.subnets.count
        routeTables = snapshot.topology.routeTables.count
        peerings = snapshot.topology.peerings.count
        interfaces = snapshot.topology.interfaces.count
        instances = snapshot.topology.instances.count
    }
}
