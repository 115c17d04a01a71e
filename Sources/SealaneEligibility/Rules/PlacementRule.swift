/// Both instances are in an Availability Zone, not in a Local Zone or a Wavelength Zone.
///
/// The zone's name decides: `us-east-1a` is an Availability Zone, `us-east-1-bos-1a` a Local Zone,
/// `us-east-1-wl1-bos-wlz-1` a Wavelength Zone (EC2 user guide, "Regions and zones"). An instance on an Outpost has the
/// name of the Outpost's Availability Zone, so this rule cannot detect it.
///
/// By default only a warning: AWS's list of instances that encrypt in transit does not exclude these zones, but VPC
/// encryption controls in enforce mode do not support them.
struct PlacementRule: Rule {
    var codes: [ReasonCode] { [.placementUnsupported] }
    var needs: [FactName] { [.zone] }
    /// With `require`, an unknown zone is a reason too.
    var reactions: [Reaction] { Reaction.allCases }
    var defaultReaction: Reaction { .warn }
    var trigger: String { "when an instance is in a Local Zone or a Wavelength Zone" }
    var passText: String { "neither instance is in a Local Zone or a Wavelength Zone" }

    func evaluate(_ side: Side, in evaluated: Case) -> [Reason] {
        guard let zone = evaluated.facts(of: side)?.known(.zone), let kind = Self.kind(ofZone: zone.value) else {
            return []
        }
        return [
            Reason(
                code: .placementUnsupported, observed: "\(side.rawValue) \(zone.value), a \(kind)",
                required: "an Availability Zone", source: "\(side.rawValue) zone \(zone.provenance)")
        ]
    }

    /// Nil for an Availability Zone or an unknown form of name.
    static func kind(ofZone name: String) -> String? {
        // A Region name ends in a number. An Availability Zone appends a letter to it; any other zone appends a hyphen
        // and a location.
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard let number = parts.firstIndex(where: { !$0.isEmpty && $0.allSatisfy(\.isWholeNumber) }),
            number >= 2, number + 1 < parts.count
        else { return nil }
        let location = parts[number + 1]
        let isWavelength =
            location.hasPrefix("wl") && location.count > 2 && location.dropFirst(2).allSatisfy(\.isWholeNumber)
        return isWavelength ? "Wavelength Zone" : "Local Zone"
    }
}
