/// A declaration that other modules can see or inline, with the words of its code.
struct SwiftDeclaration {
    let path: String
    /// The folder under `Sources`, `Tests` or `Benchmarks`.
    let module: String
    let line: Int
    let isPublic: Bool
    /// `@inlinable` or `@frozen`: other modules compile it into their own code.
    let isInlined: Bool
    let isUsableFromInline: Bool
    /// `func`, `struct` and so on.
    let kind: String
    /// For an initializer `init`, for a subscript `subscript`.
    let name: String
    /// The types and extensions around it, the outermost first.
    let enclosing: [String]
    let signature: Set<String>
    /// What stands in its braces; of a type, only its own stored properties, cases and requirements.
    let body: Set<String>

    var isType: Bool { Self.types.contains(kind) || kind == "typealias" }

    static let types: Set = ["struct", "class", "enum", "protocol", "actor", "extension"]
    private static let kinds = types.union(["func", "var", "let", "init", "subscript", "typealias"])

    /// Every declaration of a file with `public` or an attribute for inlining.
    static func all(in file: TextFile) -> [SwiftDeclaration] {
        let tokens = SwiftToken.all(in: file)
        var found: [SwiftDeclaration] = []
        // Of each open brace, the type it belongs to.
        var open: [String?] = []
        var opensType: (at: Int, name: String)?
        var index = 0
        while index < tokens.count {
            let text = tokens[index].text
            // `key.public` and a name in back quotes are no modifiers.
            if index > 0, [".", "`"].contains(tokens[index - 1].text) {
                index += 1
                continue
            }
            if ["public", "@inlinable", "@frozen", "@usableFromInline"].contains(text),
                let declaration = SwiftDeclaration(tokens, at: &index, enclosing: open.compactMap(\.self), file)
            {
                found.append(declaration)
                continue
            }
            if types.contains(text), index + 1 < tokens.count, tokens[index + 1].isName {
                opensType = (brace(tokens, from: index), tokens[index + 1].text)
            }
            if text == "{" { open.append(opensType?.at == index ? opensType?.name : nil) }
            if text == "}" { _ = open.popLast() }
            index += 1
        }
        return found
    }

    /// Reads attributes and modifiers from `index` on, and leaves `index` at the declaration's kind. Nil: no declaration follows.
    private init?(_ tokens: [SwiftToken], at index: inout Int, enclosing: [String], _ file: TextFile) {
        var modifiers: Set<String> = []
        let start = index
        while index < tokens.count, !Self.kinds.contains(tokens[index].text) || tokens[index + 1].text == "func" {
            // `private(set)`, `@available(...)`.
            guard tokens[index].isName || "()".contains(tokens[index].text), index < start + 20 else { return nil }
            modifiers.insert(tokens[index].text)
            index += 1
        }
        guard index + 1 < tokens.count else { return nil }
        let kind = tokens[index].text
        let isStored = ["var", "let", "typealias"].contains(kind)
        let brace = Self.brace(tokens, from: index)
        let line = tokens[index].line
        let lineEnd = tokens[index...].firstIndex { $0.line > line } ?? tokens.count
        let signatureEnd = isStored ? min(brace, lineEnd) : brace
        let hasBody = brace < tokens.count && (!isStored || brace < lineEnd)
        path = file.path
        module = file.module
        self.line = line
        self.kind = kind
        self.enclosing = enclosing
        isPublic = modifiers.contains("public")
        isInlined = modifiers.contains("@inlinable") || modifiers.contains("@frozen")
        isUsableFromInline = modifiers.contains("@usableFromInline")
        name = ["init", "subscript"].contains(kind) ? kind : tokens[index + 1].text
        signature = Set(tokens[index..<signatureEnd].map(\.text))
        body = hasBody ? Self.body(tokens, from: brace, ofType: Self.types.contains(kind)) : []
    }

    /// The first `{` outside of parentheses.
    private static func brace(_ tokens: [SwiftToken], from index: Int) -> Int {
        var depth = 0
        return tokens[index...].firstIndex { token in
            depth += token.text == "(" ? 1 : token.text == ")" ? -1 : 0
            return depth == 0 && token.text == "{"
        } ?? tokens.count
    }

    private static func body(_ tokens: [SwiftToken], from brace: Int, ofType: Bool) -> Set<String> {
        var words: Set<String> = []
        var depth = 0
        for token in tokens[brace...] {
            depth += token.text == "{" ? 1 : token.text == "}" ? -1 : 0
            if depth == 0 { break }
            if !ofType || depth == 1 { words.insert(token.text) }
        }
        return words
    }
}
