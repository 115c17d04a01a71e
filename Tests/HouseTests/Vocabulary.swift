/// A word or phrase that this project does not use, and the one to use instead.
struct RetiredWord {
    enum Scope {
        /// Swift files: code, comments and literals. Case counts.
        case swift
        /// Comments and literals of Swift, and every line of a document. Case does not count, and a phrase may go over a line's end.
        case prose
        /// Swift files and documents. Case counts.
        case everywhere
    }

    let scope: Scope
    /// An ICU regular expression.
    let pattern: String
    let use: String
    /// A line that contains one of these is fine.
    let unless: [String]

    /// The word wherever it stands, also as a part of a name: `sighting` is in `sighting`, `PathSighting` and `sightingCount`.
    static func word(_ word: String, plural: String? = nil, use: String, unless: [String] = []) -> RetiredWord {
        RetiredWord(scope: .everywhere, pattern: part(word, plural), use: use, unless: unless)
    }

    /// As `word`, in Swift files only: in documents it is plain English.
    static func swiftWord(_ word: String, plural: String? = nil, use: String, unless: [String] = []) -> RetiredWord {
        RetiredWord(scope: .swift, pattern: part(word, plural), use: use, unless: unless)
    }

    /// Whole names in Swift files. Give several as `A|B`.
    static func name(_ names: String, use: String, unless: [String] = []) -> RetiredWord {
        RetiredWord(scope: .swift, pattern: #"\b(?:\#(names))\b"#, use: use, unless: unless)
    }

    static func phrase(_ pattern: String, use: String, unless: [String] = []) -> RetiredWord {
        RetiredWord(scope: .prose, pattern: pattern, use: use, unless: unless)
    }

    private static func part(_ word: String, _ plural: String?) -> String {
        let forms = [plural ?? word + "s", word]
        let capitalised = forms.map { $0.prefix(1).uppercased() + $0.dropFirst() }
        return
            #"(?:(?<![A-Za-z])(?:\#(forms.joined(separator: "|")))|(?:\#(capitalised.joined(separator: "|"))))(?![a-z])"#
    }
}

/// The words and phrases that stay out of code, comments, messages and documents.
enum Vocabulary {
    static let retired: [RetiredWord] = [
        // Words.
        .word("sighting", use: "observation"),
        .word("testimony", plural: "testimonies", use: "evaluation"),
        .swiftWord("hearing", use: "evaluation"),
        .word("detour", use: "tuple mismatch"),
        .name("DatagramTuple", use: "FourTuple"),
        .swiftWord("stray", use: "unknown session"),
        .word("farewell", use: "close message"),
        .name("SessionNotes?|isNote", use: "control message"),
        .word("obstruct", plural: "obstruct(?:s|ed|ion|ions)", use: "block"),
        .word("obstacle", use: "block"),
        .name("SessionGrant", use: "NewSession, session parameters"),
        .name(#"SessionStanding|onTrial"#, use: "path state: validating, valid"),
        .phrase("on trial", use: "validating"),
        .swiftWord("admission", use: "decision: accept, refuse, validate path"),
        .name("PeerTerms|HandshakeTerms|terms|ownTerms", use: "handshake parameters", unless: ["in terms of"]),
        .name("Statement|StatementCodec", use: "claims"),
        .word("conductor", use: "control loop"),
        .swiftWord("roster", use: "peer set"),
        .swiftWord("standpoint", use: "judgement context"),
        .name("Findings", use: "Judgement"),
        .name("Conversation|conversation", use: "liveness"),
        .name("StaticPrivateKey", use: "PrivateKey"),
        .name("OperatorText", use: "ValueParser"),
        .name("Handover", use: "OneShot"),
        .name("Turning", use: "a loop's own name"),
        .word("nursery", plural: "nurseries", use: "temporary path"),
        .word("birthplace", use: "temporary path"),
        .name("Lifetime", use: "DurationText"),
        .swiftWord("keeper", use: "device watch"),
        .name("RouteFloor|OverlayFloor|oldFloor", use: "prohibit routes"),
        .phrase(
            #"\b(?:the|a|its|their|own|overlay|route) floors?\b|\bfloors? (?:and|or|of|under|stands?|goes|stays?)\b"#,
            use: "prohibit routes", unless: [#""floor""#, "`floor`"]),
        .name("UnderlayWays|RefusedWays|ways", use: "paths", unless: ["both ways"]),
        .name("carryOut|carryIn", use: "perform (outputs), sendTurn, receiveTurn"),
        .name("heed|heeds|heeded", use: "respond, apply"),
        .swiftWord("trouble", use: "problem"),
        .name("settle|settles|settled", use: "decide, apply, adopt"),
        .name("[Nn]ews", use: "changes, events, reports"),
        // A verb that names many functions says nothing.
        RetiredWord(
            scope: .swift, pattern: #"\bfunc (?:note|know|bear|tell|settle|heed)\b"#, use: "the action", unless: []),

        // Phrases.
        .phrase(
            #"(?-i)(?:^|[.:;!?]\s+|//+\s*|\|\s*|"\s*|-\s+)Who (?!am |are you)[a-z]+(?![^.]*\?)"#,
            use: "the actor: a host that ..., anyone who ..."),
        .phrase(#"\banew\b"#, use: "again"),
        .phrase(#"\b(?:is|are|was|were|be|been|being) told\b"#, use: "learns, the log reports"),
        .phrase(
            #"\b(?:is none|none is|was none|none was)\b"#, use: "no ... is, is not a ..., nil if absent",
            unless: ["here is none", "here was none"]),
        .phrase(
            #"\b(?:each|all|both|some|most|none|neither|one|any|part|much|few|many|half|two) of which\b"#,
            use: "two sentences"),
        .phrase(#"\b(?:bears? with|bore with)\b"#, use: "tolerates"),
        .phrase(#"\b(?:holds? against|held against)\b"#, use: "counts against, compares with"),
        .phrase(#"\bas (?:it|they|he) says?\b"#, use: "as claimed"),
        .phrase(#"\bspeaks? against\b"#, use: "is a reason to refuse"),
        .phrase(#"\bthinks (?:well )?of\b"#, use: "judges"),
        .phrase(#"\b(?:he|she|him|his|himself)\b"#, use: "they, the attacker, the operator"),
        .phrase(#"\bin the place of\b"#, use: "instead of"),
        .phrase(#"\blooks? (?:at it|after itself)\b"#, use: "checks"),
        .phrase(#"\bgets? to (?:know|see)\b"#, use: "learns"),
        .phrase(#"\bways? of a packet\b|\bways? to (?:the )?peers?\b"#, use: "path"),
    ]

    /// Files that were generated, and these tests themselves.
    static func isSkipped(_ path: String) -> Bool {
        ["docs/benchmarks.", "docs/scale.", "Tests/HouseTests/Vocabulary"].contains(where: path.hasPrefix)
    }
}
