/// Both instances are in an Availability Zone, not in a Local Zone or a Wavelength Zone.
///
/// The zone's name tells: `us-east-1a` is an Availability Zone, `us-east-1-bos-1a` a Local Zone, `us-east-1-wl1-bos-wlz-1` a
/// Wavelength Zone (EC2 user guide, "Regions and zones"). An instance on an Outpost has the name of the Availability Zone that the
/// Outpost belongs to, so this rule cannot tell it apart.
///
/// A warning by default: AWS names no such zone where it says which instances encrypt in transit; its VPC encryption controls in
/// enforce mode do not support them.
struct PlacementRule: Rule {
    var codes: [ReasonCode] { [.placementUnsupported] }
    var needs: [FactName] { [.zone] }
    /// With `require`, a zone that is not known is a reason as well.
    var reactions: [Reaction] { Reaction.allCases }
    var defaultReaction: Reaction { .warn }
    var trigger: String { "when an instance is in a Local Zone or a Wavelength Zone" }
    var clearance: String { "neither instance is in a Local Zone or a Wavelength Zone" }

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

    /// nil: an Availability Zone, or no name that is known to be anything else.
    static func kind(ofZone name: String) -> String? {
        // A Region ends in a number; of an Availability Zone, a letter follows it at once. What follows a hyphen is the location of
        // another zone.
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
