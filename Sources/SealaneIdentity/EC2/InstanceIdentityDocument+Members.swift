import FoundationEssentials
import SealaneEligibility
import SealanePacket

extension InstanceIdentityDocument {
    /// The members of a document that Sealane uses. Others are ignored.
    struct Members {
        let instanceID: String
        let instanceType: InstanceType
        let account: String
        let region: String
        let zone: String
        let privateIPv4: IPAddress?
        let pendingTime: Date

        init(_ document: ArraySlice<UInt8>) throws(InstanceIdentityDocumentError) {
            let members = try JSONObject(document).members

            func optional<Value>(
                _ name: String, like example: String, _ make: (String) -> Value?
            ) throws(InstanceIdentityDocumentError) -> Value? {
                switch members[name] {
                case nil, .null?:
                    return nil
                case .text(let text)?:
                    if let value = make(text) { return value }
                    throw InstanceIdentityDocumentError(
                        .member, "\(name) is \(quoted(text))", required: "one like \"\(example)\"")
                case .other?:
                    throw InstanceIdentityDocumentError(
                        .member, "\(name) is not a string", required: "one like \"\(example)\"")
                }
            }

            func mandatory<Value>(
                _ name: String, like example: String, _ make: (String) -> Value?
            ) throws(InstanceIdentityDocumentError) -> Value {
                if let value = try optional(name, like: example, make) { return value }
                throw InstanceIdentityDocumentError(
                    .member, "\(name) is missing", required: "one like \"\(example)\"")
            }

            instanceID = try mandatory("instanceId", like: "i-0123456789abcdef0") { text in
                let digits = text.utf8.dropFirst(2)
                guard text.hasPrefix("i-"), [8, 17].contains(digits.count), digits.allSatisfy(\.isLowerHexDigit) else {
                    return nil
                }
                return text
            }
            instanceType = try mandatory("instanceType", like: "c5n.large") { text in
                text.utf8.count <= RegionCertificates.nameByteLimit ? InstanceType(text) : nil
            }
            account = try mandatory("accountId", like: "123456789012") { text in
                text.utf8.count == 12 && text.utf8.allSatisfy(\.isDigit) ? text : nil
            }
            region = try mandatory("region", like: "us-east-1") { RegionCertificates.isName($0) ? $0 : nil }
            zone = try mandatory("availabilityZone", like: "us-east-1a") { RegionCertificates.isName($0) ? $0 : nil }
            privateIPv4 = try optional("privateIp", like: "10.0.0.1") { text in
                guard let address = IPAddress(text), address.isIPv4, address.description == text else { return nil }
                return address
            }
            pendingTime = try mandatory("pendingTime", like: "2026-01-31T23:59:59Z") { Date(iso8601UTC: $0) }
        }
    }
}

extension Date {
    /// Exactly `YYYY-MM-DDThh:mm:ssZ`, and an existing date.
    init?(iso8601UTC text: String) {
        guard text.utf8.count == 20, let date = try? Date.ISO8601FormatStyle().parse(text),
            date.formatted(.iso8601) == text
        else { return nil }
        self = date
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isLowerHexDigit: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self) }
}

/// Untrusted text, for an error: quoted if it is short and printable.
private func quoted(_ text: String) -> String {
    let isPlain = text.utf8.count <= 64 && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    return isPlain ? "\"\(text)\"" : "a string of \(text.utf8.count) bytes, too long or not printable ASCII"
}
