import FoundationEssentials
import SealaneFleet

/// A snapshot that was taken and where it is: `sealane topology pull --json`.
public struct TopologyReport: Codable, Sendable, Equatable {
    public var schemaVersion = ReportSchema.version
    public var file: String
    public var takenAt: Date
    public var account: String?
    public var regions: [String]
    public var vpcs: Int
    public var subnets: Int
    public var routeTables: Int
    public var peerings: Int
    public var interfaces: Int
    public var instances: Int

    public init(_ snapshot: TopologySnapshot, file: String) {
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

    /// `sealane topology pull`.
    public func text(_ style: ReportStyle) -> String {
        let counts = [
            ReportStyle.count(vpcs, "VPC"), ReportStyle.count(subnets, "subnet"),
            ReportStyle.count(routeTables, "route table"), ReportStyle.count(peerings, "peering"),
            ReportStyle.count(interfaces, "interface"), ReportStyle.count(instances, "instance"),
        ]
        var lines = ReportLines(style)
        lines.add("account", account)
        lines.add("regions", regions.joined(separator: ", "))
        lines.add("holds", counts.joined(separator: ", "))
        return "\(style.paint(file, .strong))\n" + lines.text
    }
}
