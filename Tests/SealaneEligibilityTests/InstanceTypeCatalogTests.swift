import Foundation
import SealaneEligibility
import Testing

@Suite("The instance-type catalog")
struct InstanceTypeCatalogTests {
    private func dump() throws -> [(type: String, encrypts: Bool)] {
        let url = try #require(Bundle.module.url(forResource: "Data/instance-types", withExtension: "tsv"))
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
        return try lines.map { line in
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
            try #require(columns.count == 4, "\(line)")
            let encrypts: Bool? = Bool(String(columns[2]))
            return (String(columns[0]), try #require(encrypts as Bool?, "\(line)"))
        }
    }

    @Test("agrees with the dump on all its 1,373 types")
    func agreesWithDump() throws {
        let types = try dump()
        #expect(types.count == 1373)
        for (type, encrypts) in types {
            let support = InstanceTypeCatalog.support(of: type, policy: Policy())
            #expect(support.status == (encrypts ? .supported : .unsupported), "\(type)")
            #expect(support.source == .catalog)
        }
    }

    @Test("contains the families of the dump, each of one kind, and eight that only AWS's own list has")
    func familiesAreThoseOfDump() throws {
        let types = try dump()
        func families(_ encrypts: Bool) throws -> Set<String> {
            Set(try types.filter { $0.encrypts == encrypts }.map { try #require(InstanceType($0.type)).family })
        }
        let encrypting = try families(true)
        let notEncrypting = try families(false)
        #expect(encrypting.isDisjoint(with: notEncrypting))
        #expect(InstanceTypeCatalog.encrypting == encrypting.union(Self.listed.keys))
        #expect(InstanceTypeCatalog.encrypting.count == 146)
        #expect(InstanceTypeCatalog.notEncrypting == notEncrypting)
        #expect(InstanceTypeCatalog.notEncrypting.count == 48)
    }

    /// Families that AWS lists but the dump lacks, each with its one virtualized size.
    private static let listed = [
        "dl1": "24xlarge", "p6e-gb200": "36xlarge", "trn2u": "48xlarge", "u7inh-32tb": "480xlarge",
        "u-9tb1": "112xlarge", "u-12tb1": "112xlarge", "u-18tb1": "112xlarge", "u-24tb1": "112xlarge",
    ]

    @Test("knows the sizes of every family: those in the dump, and one for each family that only AWS's list has")
    func knowsSizes() throws {
        var sizes: [String: Set<String>] = [:]
        for (text, _) in try dump() {
            let type = try #require(InstanceType(text))
            sizes[type.family, default: []].insert(type.size)
        }
        for (family, size) in Self.listed { sizes[family] = [size] }
        // AWS has it, but the dump does not.
        sizes["i3"]?.insert("metal")
        #expect(InstanceTypeCatalog.support(of: "i3.metal", policy: Policy()).status == .unsupported)
        let known = InstanceTypeCatalog.encrypting.union(InstanceTypeCatalog.notEncrypting)
        #expect(known == Set(sizes.keys))
        for (family, sizes) in sizes {
            let known = InstanceTypeCatalog.sizes(ofFamily: family)
            #expect(Set(known) == sizes, "\(family)")
            #expect(known.count == sizes.count, "\(family)")
        }
        #expect(InstanceTypeCatalog.sizes(ofFamily: "c99x").isEmpty)
        #expect(InstanceTypeCatalog.sizes(ofFamily: "m5n").first == "large")
        for (family, size) in Self.listed {
            #expect(InstanceTypeCatalog.support(of: "\(family).\(size)", policy: Policy()).status == .supported)
        }
    }

    @Test(
        "reports a size that the family does not have as unknown",
        arguments: [
            "m5n.banana", "m5n.-", "m5n.48xlarge", "m5n.metal-24xl", "m5n.nano", "c5n.0xlarge", "c5n.02xlarge",
            "u-3tb1.metal", "u-6tb1.metal-112xl", "u7i-12tb.metal", "g5.metal", "m5.banana", "dl1.48xlarge",
            "mac-m4.large",
        ])
    func doesNotKnowSize(text: String) throws {
        let type = try #require(InstanceType(text))
        let support = InstanceTypeCatalog.support(of: text, policy: Policy())
        #expect(support.status == .unknown)
        #expect(support.family == type.family)
        #expect(support.note == "family \(type.family) has no size \(type.size)")
        // A family that the operator added may have sizes newer than the catalog.
        let extra = InstanceTypeCatalog.support(of: text, policy: Policy(extraFamilies: [type.family]))
        #expect(extra.status == .supported)
        let denied = InstanceTypeCatalog.support(of: text, policy: Policy(deniedFamilies: [type.family]))
        #expect(denied.status == .unsupported)
    }

    @Test(
        "knows that high memory families encrypt on virtualized sizes but not on bare metal",
        arguments: ["u-6tb1", "u-9tb1", "u-12tb1", "u-18tb1", "u-24tb1"])
    func highMemoryMetal(family: String) {
        let metal = InstanceTypeCatalog.support(of: "\(family).metal", policy: Policy())
        #expect(metal.status == .unsupported)
        #expect(metal.note == "family \(family) encrypts on virtualized sizes only")
        #expect(InstanceTypeCatalog.support(of: "\(family).112xlarge", policy: Policy()).status == .supported)
        #expect(InstanceTypeCatalog.support(ofFamily: family, policy: Policy()).status == .supported)
        let verdict = evaluate(local: facts(type: "\(family).metal"), peer: facts(), policy: Policy())
        #expect(codes(verdict) == [.localTypeUnsupported])
    }

    @Test(
        "knows the 14 families of the EC2 guide of 2021",
        arguments: [
            "c5a", "c5ad", "c5n", "d3", "d3en", "g4ad", "g4dn", "i3en", "m5dn", "m5n", "m5zn", "p3dn", "r5dn", "r5n",
        ])
    func knowsGuideOf2021(family: String) {
        #expect(InstanceTypeCatalog.support(ofFamily: family, policy: Policy()).status == .supported)
    }

    @Test(
        "distinguishes families with a common prefix",
        arguments: [
            ("m5.metal", "m5n.metal"), ("c6g.large", "c6gn.large"), ("r5b.metal", "r5n.metal"),
            ("g5g.xlarge", "g5.xlarge"), ("mac-m4max.metal", "mac-m4.metal"), ("mac-m4max.metal", "mac-m4pro.metal"),
            ("m5d.metal", "m5dn.metal"), ("i3.large", "i3en.large"), ("d2.xlarge", "d3.xlarge"),
        ])
    func tellsAlikeNamesApart(no: String, yes: String) {
        #expect(InstanceTypeCatalog.support(of: no, policy: Policy()).status == .unsupported)
        #expect(InstanceTypeCatalog.support(of: yes, policy: Policy()).status == .supported)
    }

    @Test(
        "does not guess the meaning of text that is not a type name",
        arguments: [
            "", ".", "c5n", "c5n.", ".large", "C5N.large", "c5n.Large", " c5n.large", "c5n.large ", "c5n.large\n",
            "db.c5n.large", "c5n..large", "c5n.large.", "c5n,large", "c5\u{0301}n.large", "ｃ5n.large", "c5n.large\0",
        ])
    func doesNotGuess(text: String) {
        #expect(InstanceType(text) == nil)
        let support = InstanceTypeCatalog.support(of: text, policy: Policy(extraFamilies: ["C5N", "db", ""]))
        #expect(support.status == .unknown)
        #expect(support.family == nil)
    }

    @Test("takes the whole text before the dot as the family")
    func readsWholeFamily() throws {
        let type = try #require(InstanceType("u7in-32tb.224xlarge"))
        #expect(type.family == "u7in-32tb")
        #expect(type.size == "224xlarge")
        #expect(type.description == "u7in-32tb.224xlarge")
        #expect(InstanceType.isFamilyName("p6e-gb200"))
        #expect(!InstanceType.isFamilyName("P6E"))
        #expect(!InstanceType.isFamilyName("c5n.large"))
        #expect(!InstanceType.isFamilyName(""))
    }

    @Test("applies the policy's denied families before its extra families, and those before the catalog")
    func policyWins() {
        let policy = Policy(extraFamilies: ["m5", "c99x", "z1d"], deniedFamilies: ["c5n", "z1d"])
        func support(_ type: String) -> TypeSupport { InstanceTypeCatalog.support(of: type, policy: policy) }
        #expect(support("m5.large").status == .supported)
        #expect(support("m5.large").source.description == "policy extra-families")
        #expect(support("c99x.large").status == .supported)
        #expect(support("c99y.large").status == .unknown)
        #expect(support("c5n.large").status == .unsupported)
        #expect(support("c5n.large").source.description == "policy denied-families")
        #expect(support("z1d.large").source == .deniedFamilies)
        #expect(support("m5n.large").source.description == "catalog")
    }

    @Test("lists every family once, sorted, including the policy's families")
    func listsFamilies() {
        let plain = InstanceTypeCatalog.entries()
        #expect(plain.count == 194)
        #expect(plain.map(\.family) == plain.map(\.family).sorted())
        #expect(plain.filter(\.encryptsInTransit).count == 146)

        let entries = InstanceTypeCatalog.entries(
            policy: Policy(extraFamilies: ["c99x", "m5"], deniedFamilies: ["c5n"]))
        #expect(entries.count == 195)
        #expect(entries.first { $0.family == "m5" }?.encryptsInTransit == true)
        #expect(entries.first { $0.family == "m5" }?.source == .extraFamilies)
        #expect(entries.first { $0.family == "c5n" }?.encryptsInTransit == false)
        #expect(entries.first { $0.family == "c99x" }?.source == .extraFamilies)
        #expect(InstanceTypeCatalog.origin.contains("Apache-2.0"))
    }
}
