/// Whether an instance type encrypts in transit, and who says so.
public struct TypeSupport: Sendable, Hashable {
    public enum Answer: String, Sendable, Codable {
        case supported, unsupported
        /// Nobody says. Not a pass.
        case unknown
    }

    public enum Source: String, Sendable, Codable, CustomStringConvertible {
        case catalog
        case extraFamilies = "policy extra-families"
        case deniedFamilies = "policy denied-families"

        public var description: String { rawValue }
    }

    public let answer: Answer
    public let source: Source
    /// `nil` if the text asked about is not an instance type name.
    public let family: String?
    /// What speaks against it, in a few words. `nil` if nothing does.
    public let note: String?
}

/// One line of the catalog as it stands under a policy.
public struct CatalogEntry: Sendable, Hashable, Codable {
    public let family: String
    public let encryptsInTransit: Bool
    public let source: TypeSupport.Source
}

/// The instance families known to encrypt, or not to encrypt, traffic between instances.
public enum InstanceTypeCatalog {
    public static let encrypting = families(encryptingInDump).union(families(encryptingInNewerList))
    public static let notEncrypting = families(notEncryptingInDump)
    /// Families that encrypt, but for their size `metal`.
    public static let notEncryptingOnMetal = families(virtualizedOnly)

    /// The sizes of a family, smallest first. Empty: the catalog does not have the family.
    public static func sizes(ofFamily family: String) -> [String] { sizesByFamily[family] ?? [] }

    /// Whether instances of `type` (`m5n.xlarge`) encrypt. The policy's denied families win over its extra families,
    /// and those over the catalog. A policy speaks of whole families; the catalog knows the sizes of its own, and of a size
    /// that no type has it knows nothing.
    public static func support(of type: String, policy: Policy) -> TypeSupport {
        guard let parsed = InstanceType(type) else {
            return TypeSupport(answer: .unknown, source: .catalog, family: nil, note: "not an instance type name")
        }
        let family = parsed.family
        let support = support(ofFamily: family, policy: policy)
        guard support.source == .catalog, support.answer != .unknown else { return support }
        func because(_ answer: TypeSupport.Answer, _ note: String) -> TypeSupport {
            TypeSupport(answer: answer, source: .catalog, family: family, note: note)
        }
        if parsed.size == "metal", notEncryptingOnMetal.contains(family) {
            return because(.unsupported, "family \(family) encrypts on virtualized sizes only")
        }
        guard sizes(ofFamily: family).contains(parsed.size) else {
            return because(.unknown, "family \(family) has no size \(parsed.size)")
        }
        return support
    }

    /// Whether instances of `family` (`m5n`) encrypt.
    public static func support(ofFamily family: String, policy: Policy) -> TypeSupport {
        let (answer, source): (TypeSupport.Answer, TypeSupport.Source) =
            if policy.deniedFamilies.contains(family) {
                (.unsupported, .deniedFamilies)
            } else if policy.extraFamilies.contains(family) {
                (.supported, .extraFamilies)
            } else if encrypting.contains(family) {
                (.supported, .catalog)
            } else if notEncrypting.contains(family) {
                (.unsupported, .catalog)
            } else {
                (.unknown, .catalog)
            }
        let note: String? =
            switch answer {
            case .supported: nil
            case .unsupported: "family \(family) does not encrypt"
            case .unknown: "unknown family"
            }
        return TypeSupport(answer: answer, source: source, family: family, note: note)
    }

    /// Every family of the catalog and of the policy, sorted by name.
    public static func entries(policy: Policy = Policy()) -> [CatalogEntry] {
        encrypting.union(notEncrypting).union(policy.extraFamilies).union(policy.deniedFamilies).sorted().map {
            let support = support(ofFamily: $0, policy: policy)
            return CatalogEntry(family: $0, encryptsInTransit: support.answer == .supported, source: support.source)
        }
    }

    private static func families(_ words: String) -> Set<String> {
        Set(words.split(whereSeparator: \.isWhitespace).map { String($0) })
    }
}
