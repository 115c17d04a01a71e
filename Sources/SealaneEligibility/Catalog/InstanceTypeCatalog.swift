/// The instance families that are known to encrypt, or not to encrypt, traffic between instances.
package enum InstanceTypeCatalog {
    package static let encrypting = families(encryptingInDump).union(families(encryptingInNewerList))
    package static let notEncrypting = families(notEncryptingInDump)
    /// Families that encrypt, except on the size `metal`.
    package static let notEncryptingOnMetal = families(virtualizedOnly)

    /// The sizes of a family, smallest first. Empty if the catalog does not contain the family.
    package static func sizes(ofFamily family: String) -> [String] { sizesByFamily[family] ?? [] }

    /// Whether instances of `type` (`m5n.xlarge`) encrypt. The policy's denied families override its extra families,
    /// which override the catalog. The policy applies to whole families. The catalog knows the sizes of its families;
    /// an unlisted size is unknown.
    package static func support(of type: String, policy: Policy) -> TypeSupport {
        guard let parsed = InstanceType(type) else {
            return TypeSupport(status: .unknown, source: .catalog, family: nil, note: "not an instance type name")
        }
        let family = parsed.family
        let support = support(ofFamily: family, policy: policy)
        guard support.source == .catalog, support.status != .unknown else { return support }
        func result(_ status: TypeSupport.Status, _ note: String) -> TypeSupport {
            TypeSupport(status: status, source: .catalog, family: family, note: note)
        }
        if parsed.size == "metal", notEncryptingOnMetal.contains(family) {
            return result(.unsupported, "family \(family) encrypts on virtualized sizes only")
        }
        guard sizes(ofFamily: family).contains(parsed.size) else {
            return result(.unknown, "family \(family) has no size \(parsed.size)")
        }
        return support
    }

    /// Whether instances of `family` (`m5n`) encrypt.
    package static func support(ofFamily family: String, policy: Policy) -> TypeSupport {
        let (status, source): (TypeSupport.Status, TypeSupport.Source) =
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
            switch status {
            case .supported: nil
            case .unsupported: "family \(family) does not encrypt"
            case .unknown: "unknown family"
            }
        return TypeSupport(status: status, source: source, family: family, note: note)
    }

    /// Every family in the catalog and the policy, sorted by name.
    package static func entries(policy: Policy = Policy()) -> [CatalogEntry] {
        encrypting.union(notEncrypting).union(policy.extraFamilies).union(policy.deniedFamilies).sorted().map {
            let support = support(ofFamily: $0, policy: policy)
            return CatalogEntry(family: $0, encryptsInTransit: support.status == .supported, source: support.source)
        }
    }

    private static func families(_ words: String) -> Set<String> {
        Set(words.split(whereSeparator: \.isWhitespace).map { String($0) })
    }
}
