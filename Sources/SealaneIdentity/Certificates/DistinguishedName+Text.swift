import SealaneEligibility
import SwiftASN1
import X509

extension DistinguishedName {
    /// For display, safe whoever chose the name: RFC 4514, the last attribute first.
    var text: String {
        let parts = reversed().map { part in part.map(\.text).joined(separator: "+") }
        return isEmpty ? "(no name)" : PayloadText.fit(parts.joined(separator: ","), limit: 200)
    }
}

extension RelativeDistinguishedName.Attribute {
    fileprivate var text: String {
        let text = String(describing: self)
        guard String(value) == nil else { return text }
        // RFC 4514 section 2.4: a value of an unknown string type is written in hexadecimal.
        var serializer = DER.Serializer()
        guard (try? serializer.serialize(ASN1Any(value))) != nil else { return "\(text.prefix { $0 != "=" })=#" }
        return "\(text.prefix { $0 != "=" })=#\(serializer.serializedBytes.prefix(32).hexadecimal)"
    }
}
