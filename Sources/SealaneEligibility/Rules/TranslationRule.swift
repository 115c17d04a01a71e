/// Nothing on the path rewrites addresses or ports.
struct TranslationRule: Rule {
    var codes: [ReasonCode] { [.pathTranslated] }
    var evidence: RuleEvidence { .path }
    var awaits: Verdict.Need? { .translation }
    var trigger: String { "when addresses or ports are rewritten on the way" }
    var clearance: String { "addresses and ports arrive as they were sent" }

    func observation(in evaluated: Case) -> String? { evaluated.path.translation.map { "\($0.observed)" } }

    func evaluate(_ evaluated: Case) -> [Reason] {
        guard let translation = evaluated.path.translation, translation.claimed != translation.observed else {
            return []
        }
        return [
            Reason(
                code: .pathTranslated, observed: "\(translation.observed)", required: "\(translation.claimed)",
                source: "observed: the datagram's header; required: its sender's word, sealed")
        ]
    }
}
