import Testing

/// No other package uses these modules, so `package` is enough for all that one module gives to another. The exception is code
/// that another module inlines: Swift 6.3 neither inlines nor specialises `package` declarations across modules.
@Suite("public")
struct AccessTests {
    @Test("is what other modules inline, and what that mentions; everything else is package")
    func access() throws {
        let files = try ["Sources", "Tests", "Benchmarks"].flatMap { try House.files(under: $0, suffix: ".swift") }
        let offenders = Self.offenders(files.flatMap(SwiftDeclaration.all)) { $0.split(separator: "/")[1] }
        let list = offenders.map { "\($0.key): \($0.value.count)\n" + $0.value.joined(separator: "\n") }
        if !list.isEmpty { Issue.record("\(list.sorted().joined(separator: "\n"))") }
    }

    /// Public declarations without a reason to be, by module. A reason: another module inlines it; code that is inlined, or a
    /// signature that is public, mentions its name; a type has a member with a reason; a protocol asks for the member.
    private static func offenders(
        _ declarations: [SwiftDeclaration], module: (String) -> Substring
    ) -> [Substring: [String]] {
        let inlining = Set(declarations.filter(\.isInlined).map { module($0.path) })
        var words: Set<String> = []
        for declaration in declarations where inlining.contains(module(declaration.path)) {
            let isExposed = declaration.isPublic || declaration.isUsableFromInline
            if isExposed || declaration.isInlined {
                words.formUnion(declaration.signature.subtracting([declaration.name]))
            }
            if declaration.isInlined || isExposed && ["enum", "protocol"].contains(declaration.kind) {
                words.formUnion(declaration.body)
            }
        }
        func hasReason(_ declaration: SwiftDeclaration) -> Bool {
            guard inlining.contains(module(declaration.path)) else { return false }
            return declaration.isInlined || words.contains(declaration.name) || requirements.contains(declaration.name)
                || declaration.kind == "init" && declaration.enclosing.last.map(words.contains) ?? false
        }
        let exposed = declarations.filter(\.isPublic)
        let enclosing = Set(exposed.filter(hasReason).flatMap(\.enclosing))
        let offenders = exposed.filter { !hasReason($0) && !($0.isType && enclosing.contains($0.name)) }
        return Dictionary(grouping: offenders) { module($0.path) }.mapValues { group in
            group.map { "\($0.path):\($0.line): \($0.kind) \($0.name)" }
        }
    }

    /// What public types must make public for protocols of the standard library.
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
            // Nothing of the module is inlined.
            ("public struct S: Equatable {\n    public func f() -> S { self }\n}", [1, 2]),
            // `public` in a comment, a literal and as a name.
            ("// public func f() {}\nlet s = \"public var x\"\nlet x = key.public.bytes", [0]),
        ])
    func reasons(text: String, lines: [Int]) {
        let file = TextFile(path: "Sources/M/a.swift", text: text)
        let found = Self.offenders(SwiftDeclaration.all(in: file)) { $0.split(separator: "/")[1] }
        let places = found.values.joined().compactMap { $0.split(separator: ":").dropFirst().first.flatMap { Int($0) } }
        #expect(places.sorted() == lines.filter { $0 > 0 })
    }
}
