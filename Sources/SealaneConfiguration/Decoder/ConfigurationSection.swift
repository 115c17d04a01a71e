import SealaneEligibility
import SealaneFleet
import Yams

/// One mapping of the document, read by the schema. A scalar stays text until the parser of its key reads it, so that
/// YAML's own rules for `no`, `1_000` or `012345678901` never apply.
struct ConfigurationSection {
    /// `agent`, `peers[2].instance`; empty at the top.
    let path: String
    private let node: Node
    private let entries: [String: Node]
    private let findings: ConfigurationFindings

    /// Reports keys that the schema does not have at this path. Nil, and reported: `node` is not a mapping.
    init?(_ node: Node, path: String, findings: ConfigurationFindings) {
        guard let mapping = node.mapping else {
            let keys = ConfigurationKey.children(of: Self.schemaPath(path)).joined(separator: ", ")
            findings.report(
                "\(Self.title(path)) \(node.kindFound); expected keys and values (keys: \(keys))", at: node)
            return nil
        }
        self.path = path
        self.node = node
        self.findings = findings
        findings.record(path, at: node)
        var entries: [String: Node] = [:]
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                findings.report("a key of \(Self.title(path)) \(key.kindFound); expected text", at: key)
                continue
            }
            guard ConfigurationKey.children(of: Self.schemaPath(path)).contains(name) else {
                findings.report(Self.unknownKey(name, in: path), at: key)
                continue
            }
            entries[name] = value
            findings.record(Self.join(path, name), at: value)
        }
        self.entries = entries
    }

    func has(_ key: String) -> Bool { entries[key] != nil }

    /// Whether the value of `key` is a scalar.
    func isScalar(_ key: String) -> Bool { entries[key].map { $0.scalar != nil && !$0.isEmptyPlainScalar } ?? false }

    /// The value of `key`, parsed by `read`. Nil: the key is absent, or the value is wrong, which is reported.
    func value<Value>(_ key: String, _ read: (String) throws(TextProblem) -> Value) -> Value? {
        guard let node = entries[key] else { return nil }
        return value(of: node, Self.join(path, key), read)
    }

    /// Like `value`, but reports an absent key.
    func required<Value>(_ key: String, _ read: (String) throws(TextProblem) -> Value) -> Value? {
        reportIfMissing(key)
        return value(key, read)
    }

    /// The values of the list `key`, each parsed by `read`; empty if the key is absent. Nil: something is wrong, which
    /// is reported.
    func list<Value>(_ key: String, _ read: (String) throws(TextProblem) -> Value) -> [Value]? {
        guard let node = entries[key] else { return [] }
        let path = Self.join(path, key)
        guard let sequence = node.sequence else {
            findings.report("\(path) \(node.kindFound); expected a list such as [a, b], or [] for none", at: node)
            return nil
        }
        let values = sequence.enumerated().map { index, element -> Value? in
            findings.record("\(path)[\(index)]", at: element)
            return value(of: element, "\(path)[\(index)]", read)
        }
        return values.contains { $0 == nil } ? nil : values.compactMap(\.self)
    }

    /// Like `list`, but reports an absent key and an empty list.
    func requiredList<Value>(_ key: String, _ read: (String) throws(TextProblem) -> Value) -> [Value]? {
        reportIfMissing(key)
        guard let values = list(key, read), has(key) else { return nil }
        guard !values.isEmpty else {
            let path = Self.join(path, key)
            let summary = ConfigurationKey.summary(of: Self.schemaPath(path)) ?? "at least one"
            findings.report("\(path) is empty; expected \(summary)", at: path)
            return nil
        }
        return values
    }

    /// The mapping under `key`. Nil: the key is absent, or its value is not a mapping, which is reported.
    func section(_ key: String) -> ConfigurationSection? {
        entries[key].flatMap { ConfigurationSection($0, path: Self.join(path, key), findings: findings) }
    }

    /// Like `section`, but reports an absent key.
    func requiredSection(_ key: String) -> ConfigurationSection? {
        reportIfMissing(key)
        return section(key)
    }

    /// The mappings in the list `key`. Other elements are reported and left out.
    func sections(_ key: String) -> [ConfigurationSection] {
        guard let node = entries[key] else { return [] }
        let path = Self.join(path, key)
        guard let sequence = node.sequence else {
            findings.report("\(path) \(node.kindFound); expected a list, or [] for none", at: node)
            return []
        }
        return sequence.enumerated().compactMap { index, element in
            ConfigurationSection(element, path: "\(path)[\(index)]", findings: findings)
        }
    }

    /// Reports a problem with the section as a whole.
    func report(_ message: String) {
        findings.report(message, at: node)
    }

    /// Reports a problem with the value of `key`.
    func report(_ message: String, at key: String) {
        findings.report(message, at: Self.join(path, key))
    }

    /// Reports a problem with the value of `key`. The message names the line of the value at the path `other`, if the
    /// file has it.
    func report(_ problem: String, at key: String, against other: String, remedy: String) {
        findings.report(problem, at: Self.join(path, key), against: other, remedy: remedy)
    }

    private func value<Value>(
        of node: Node, _ path: String, _ read: (String) throws(TextProblem) -> Value
    ) -> Value? {
        let expected = ConfigurationKey.summary(of: Self.schemaPath(path)).map { "expected \($0)" } ?? "expected text"
        guard let scalar = node.scalar, !node.isEmptyPlainScalar else {
            findings.report("\(path) \(node.kindFound); \(expected)", at: node)
            return nil
        }
        do throws(TextProblem) {
            return try read(scalar.string)
        } catch {
            findings.report("\(path): \(error)", at: node)
            return nil
        }
    }

    private func reportIfMissing(_ key: String) {
        guard !has(key) else { return }
        let path = Self.join(path, key)
        let expected =
            ConfigurationKey.summary(of: path.schemaPath)
            ?? "keys and values (keys: \(ConfigurationKey.children(of: path.schemaPath).joined(separator: ", ")))"
        findings.report("\(path) is missing; expected \(expected)", at: node)
    }
}

extension ConfigurationSection {
    private static func join(_ path: String, _ key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }

    private static func title(_ path: String) -> String {
        path.isEmpty ? "the file" : path
    }

    private static func schemaPath(_ path: String) -> String { path.schemaPath }

    private static func unknownKey(_ name: String, in path: String) -> String {
        let known = ConfigurationKey.children(of: schemaPath(path))
        let place = path.isEmpty ? "at the top level" : "in \(path)"
        let said = "unknown key \(ValueParser.quoted(name)) \(place)"
        if let near = name.nearest(among: known) { return "\(said); did you mean \(near)?" }
        let elsewhere = ConfigurationKey.all.map(\.path).filter {
            $0.split(separator: ".").last.map(String.init) == name
        }
        if elsewhere.count == 1 { return "\(said); did you mean \(elsewhere[0])?" }
        return "\(said); expected one of: \(known.joined(separator: ", "))"
    }
}

extension String {
    /// The path without indices: `peers[2].name` becomes `peers[].name`; an element of a list of scalars becomes the
    /// list's path.
    fileprivate var schemaPath: String {
        var result = ""
        var isIndex = false
        for character in self {
            if character == "]" { isIndex = false }
            if !isIndex { result.append(character) }
            if character == "[" { isIndex = true }
        }
        return ConfigurationKey.all.contains { $0.path.hasPrefix(result) } || !result.hasSuffix("[]")
            ? result : String(result.dropLast(2))
    }
}
