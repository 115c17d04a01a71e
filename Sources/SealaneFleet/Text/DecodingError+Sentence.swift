extension DecodingError {
    /// The place and the problem in one line: `peers[0].endpoint: is missing`.
    package var sentence: String {
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
        if type == Bool.self { return "true or false" }
        // Yams names the type Sequence.
        return ["Array", "Sequence"].contains { "\(type)".hasPrefix($0) } ? "a list" : "an object"
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
