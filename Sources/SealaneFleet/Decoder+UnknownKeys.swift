/// Any key of a JSON object, whatever it is called.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init?(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        nil
    }
}

extension Decoder {
    /// Throws if the object at hand has a key that `Keys` does not name.
    func refuseUnknownKeys<Keys: CodingKey & CaseIterable>(_: Keys.Type) throws {
        let known = Set(Keys.allCases.map(\.stringValue))
        let unknown = try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue).filter { !known.contains($0) }
        guard let first = unknown.min() else { return }
        let expected = Keys.allCases.map(\.stringValue).joined(separator: ", ")
        throw DecodingError.dataCorrupted(
            DecodingError.Context(
                codingPath: codingPath, debugDescription: "unknown key \"\(first)\"; expected one of: \(expected)"))
    }
}

extension DecodingError {
    /// Where and what, in one line: `peers[0].endpoint: is missing`.
    public var sentence: String {
        switch self {
        case .keyNotFound(let key, let context):
            Self.place(context.codingPath + [key]) + "is missing"
        case .typeMismatch(let type, let context):
            Self.place(context.codingPath) + "has the wrong type; expected \(Self.words(type))"
        case .valueNotFound(let type, let context):
            Self.place(context.codingPath) + "has no value; expected \(Self.words(type))"
        case .dataCorrupted(let context):
            Self.place(context.codingPath) + context.debugDescription
        @unknown default:
            "could not be read"
        }
    }

    private static func words(_ type: Any.Type) -> String {
        if type == String.self { return "text" }
        if type is any BinaryInteger.Type { return "a whole number" }
        return "\(type)".hasPrefix("Array") ? "a list" : "an object"
    }

    private static func place(_ path: [any CodingKey]) -> String {
        var text = ""
        for key in path {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
        return text.isEmpty ? "" : text + ": "
    }
}
