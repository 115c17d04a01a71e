import SwiftASN1

/// Reads the fields of a constructed ASN.1 value in order. After the last field, call `end`.
struct ASN1Fields {
    private var nodes: ASN1NodeCollection.Iterator
    /// The name of the value, for errors.
    private let name: String

    /// Throws unless `node` is constructed and has this tag.
    init(
        of node: ASN1Node, _ identifier: ASN1Identifier, _ name: String
    ) throws(InstanceIdentityDocumentError) {
        guard node.identifier == identifier, case .constructed(let nodes) = node.content else {
            throw Self.problem(name, "has tag \(node.identifier.words)", required: "\(identifier.words), constructed")
        }
        self.nodes = nodes.makeIterator()
        self.name = name
    }

    mutating func next(_ field: String) throws(InstanceIdentityDocumentError) -> ASN1Node {
        guard let node = nodes.next() else { throw Self.problem(name, "ends early", required: "its \(field)") }
        return node
    }

    /// The fields of the next field, which must be constructed.
    mutating func fields(
        _ identifier: ASN1Identifier, _ field: String
    ) throws(InstanceIdentityDocumentError) -> ASN1Fields {
        try ASN1Fields(of: next(field), identifier, field)
    }

    /// The single field of the next field.
    mutating func onlyField(
        of identifier: ASN1Identifier, _ field: String
    ) throws(InstanceIdentityDocumentError) -> ASN1Node {
        var fields = try fields(identifier, field)
        let node = try fields.next("content")
        try fields.end()
        return node
    }

    /// The content of the next field, which must be primitive.
    mutating func primitive(
        _ identifier: ASN1Identifier, _ field: String
    ) throws(InstanceIdentityDocumentError) -> ArraySlice<UInt8> {
        let node = try next(field)
        guard node.identifier == identifier, case .primitive(let content) = node.content else {
            throw Self.problem(field, "has tag \(node.identifier.words)", required: "\(identifier.words), primitive")
        }
        return content
    }

    /// Reads the next field, whose encoding must be one of these, byte for byte. For fields that no signature covers.
    mutating func expect(
        _ encodings: [[UInt8]], _ field: String, required: String
    ) throws(InstanceIdentityDocumentError) {
        let bytes = try next(field).encodedBytes
        guard encodings.contains(where: { $0.elementsEqual(bytes) }) else {
            let start = bytes.prefix(32)
            let more = start.count < bytes.count ? "..." : ""
            throw Self.problem(field, "is \(start.hexadecimal)\(more)", required: required)
        }
    }

    mutating func end() throws(InstanceIdentityDocumentError) {
        if let node = nodes.next() {
            throw Self.problem(name, "has an extra field with tag \(node.identifier.words)", required: "no more fields")
        }
    }

    static func problem(_ name: String, _ observed: String, required: String) -> InstanceIdentityDocumentError {
        InstanceIdentityDocumentError(.structure, "the \(name) \(observed)", required: required)
    }
}

extension ASN1Identifier {
    /// `universal 16`.
    fileprivate var words: String { "\(tagClass) \(tagNumber)" }
}
