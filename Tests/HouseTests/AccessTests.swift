import Testing

/// `package` is enough for all that one module gives to another, since no other package uses these modules. But Swift 6.3 neither
/// inlines nor specialises `package` declarations across modules, with `@inlinable` or without: so what the modules of the packet
/// path take from each other is `public`.
@Suite("public")
struct AccessTests {
    @Test("is what a module of the packet path gives to another; everything else is package")
    func access() throws {
        let files = try ["Sources", "Tests", "Benchmarks"].flatMap { try House.files(under: $0, suffix: ".swift") }
        let list = Self.offenders(files).map { "\($0.key): \($0.value.count)\n" + $0.value.joined(separator: "\n") }
        if !list.isEmpty { Issue.record("\(list.sorted().joined(separator: "\n"))") }
    }

    /// The modules of the packet path, the one that uses the others last.
    private static let path = [
        "SealaneLock", "SealanePacket", "SealaneAEAD", "SealaneLinux", "SealaneTunnel", "SealaneDataplane",
    ]

    /// Public declarations without a reason to be, by module. Names are compared as text. The reasons:
    /// - another module of the packet path mentions it,
    /// - other modules inline it, or code that they inline mentions it,
    /// - the signature of a public declaration mentions it, or it is a type with a member that has a reason,
    /// - a protocol of the standard library requires it.
    private static func offenders(_ files: [TextFile]) -> [String: [String]] {
        let declarations = files.flatMap(SwiftDeclaration.all)
        let onPath = files.filter { path.contains($0.module) }
        let tokens = onPath.map { Set(SwiftToken.all(in: $0).map(\.text)) }
        var words: [String: Set<String>] = [:]
        for module in path.dropLast() {
            for (file, tokens) in zip(onPath, tokens) where file.module != module && file.imports.contains(module) {
                words[module, default: []].formUnion(tokens)
            }
            words[module, default: []].formUnion(mentioned(declarations.filter { path.contains($0.module) }))
        }
        func hasReason(_ declaration: SwiftDeclaration) -> Bool {
            guard let words = words[declaration.module] else { return false }
            return declaration.isInlined || words.contains(declaration.name) || requirements.contains(declaration.name)
                || declaration.kind == "init" && declaration.enclosing.last.map(words.contains) ?? false
        }
        let exposed = declarations.filter(\.isPublic)
        let enclosing = Set(exposed.filter(hasReason).flatMap(\.enclosing))
        let offenders = exposed.filter { !hasReason($0) && !($0.isType && enclosing.contains($0.name)) }
        return Dictionary(grouping: offenders, by: \.module).mapValues { group in
            group.map { "\($0.path):\($0.line): \($0.kind) \($0.name)" }
        }
    }

    /// The words of inlined code and of signatures that other modules see.
    private static func mentioned(_ declarations: [SwiftDeclaration]) -> Set<String> {
        declarations.reduce(into: []) { words, declaration in
            let isExposed = declaration.isPublic || declaration.isUsableFromInline
            if isExposed || declaration.isInlined {
                words.formUnion(declaration.signature.subtracting([declaration.name]))
            }
            if declaration.isInlined || isExposed && ["enum", "protocol"].contains(declaration.kind) {
                words.formUnion(declaration.body)
            }
        }
    }

    private static let requirements: Set = ["==", "<", "hash", "description", "debugDescription", "rawValue", "encode"]

    @Test(
        "needs one of these reasons",
        arguments: [
            ("@inlinable public func f() {}", [0]), ("@frozen public struct S {}", [0]),
            // Inlined code or a public signature mentions it.
            ("@inlinable func f() { g() }\npublic func g() {}\npublic func h() {}", [3]),
            ("@inlinable public func f(_ s: S) {}\npublic struct S {\n    public let x = 1\n}", [3]),
            // Its member has a reason.
            (
                "public struct S {\n    @inlinable public func f() {}\n    public init() {}\n}\npublic struct T {}",
                [3, 5]
            ),
            // Another module of the packet path mentions it.
            ("public func used() {}\npublic struct Used {\n    public init() {}\n}\npublic func unused() {}", [5]),
            // `public` in a comment, a literal and as a name.
            ("// public func f() {}\nlet s = \"public var x\"\nlet x = key.public.bytes", [0]),
        ])
    func reasons(text: String, lines: [Int]) {
        let file = TextFile(path: "Sources/SealanePacket/a.swift", text: text)
        let user = TextFile(path: "Sources/SealaneDataplane/b.swift", text: "import SealanePacket\nused(Used())")
        let found = Self.offenders([file, user])
        let places = found.values.joined().compactMap { $0.split(separator: ":").dropFirst().first.flatMap { Int($0) } }
        #expect(places.sorted() == lines.filter { $0 > 0 })
    }

    @Test("has no reason outside of the packet path")
    func otherModules() {
        let file = TextFile(
            path: "Sources/SealaneAgent/a.swift", text: "@inlinable public func f() {}\npublic let x = 1")
        #expect(Self.offenders([file])["SealaneAgent"]?.count == 2)
    }
}
