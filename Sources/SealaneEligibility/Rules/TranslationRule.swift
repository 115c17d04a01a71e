/// No device on the path rewrites addresses or ports.
struct TranslationRule: Rule {
    var codes: [ReasonCode] { [.pathTranslated] }
    var evidence: RuleEvidence { .path }
    var awaits: Verdict.Need? { .translation }
    var trigger: String { "when a device on the path rewrites addresses or ports" }
    var passText: String { "addresses and ports arrive as sent" }

    func observation(in evaluated: Case) -> String? { evaluated.path.translation.map { "\($0.observed)" } }

    func evaluate(_ evaluated: Case) -> [Reason] {
        guard let translation = evaluated.path.translation, translation.claimed != translation.observed else {
            return []
        }
        return [
            Reason(
                code: .pathTranslated, observed: "\(translation.observed)", required: "\(translation.claimed)",
                source: "observed: the datagram's header; required: the addresses that its sender encrypted")
        ]
    }
}
