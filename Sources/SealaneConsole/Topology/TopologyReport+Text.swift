extension TopologyReport {
    /// `sealane topology pull`.
    package func text(_ style: ReportStyle) -> String {
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
