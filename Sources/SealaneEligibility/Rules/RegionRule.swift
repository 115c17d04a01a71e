/// Both instances are in one Region.
struct RegionRule: Rule {
    var codes: [ReasonCode] { [.regionMismatch] }
    var needs: [FactName] { [.region] }
    var trigger: String { "when the two are in different Regions" }
    var passText: String { "both instances are in one Region" }

    func evaluate(_ evaluated: Case) -> [Reason] {
        guard let local = evaluated.local.facts.known(.region), let peer = evaluated.peer?.facts.known(.region),
            local.value != peer.value
        else { return [] }
        return [
            Reason(
                code: .regionMismatch, observed: "local \(local.value), peer \(peer.value)", required: "one Region",
                source: sources(local, peer))
        ]
    }
}
