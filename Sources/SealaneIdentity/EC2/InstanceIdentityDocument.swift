import FoundationEssentials
import SealaneEligibility
import SealanePacket

/// A verified instance identity document: facts about one instance that AWS signed (EC2 user guide, "Instance identity
/// documents").
///
/// A document is not a secret and does not prove who presents it: any process on the instance can fetch it for as long
/// as the instance lives. An authority that issues an identity for a document must refuse old ones (`requireFresh`),
/// remember `instanceID`, and bind the document to one key.
package struct InstanceIdentityDocument: Sendable, Hashable {
    package let instanceID: String
    package let instanceType: InstanceType
    /// 12 digits.
    package let account: String
    package let region: String
    package let zone: String
    /// The primary private IPv4 address of the primary interface; nil if the instance has none.
    package let privateIPv4: IPAddress?
    /// When the instance was launched or last started after a stop. A reboot does not change it.
    package let pendingTime: Date
    /// When AWS signed: once, a few seconds after `pendingTime`. Does not show freshness.
    package let signingTime: Date
    /// SHA-256 of the document's bytes: 64 lower-case hexadecimal digits.
    package let digest: String

    /// The facts that AWS signed. The document does not contain the VPC and the subnet. The address belongs to the
    /// network interface, not to the overlay; an authority may use it as an overlay address only if hosts have the same
    /// addresses in both.
    package var facts: Facts {
        let address = privateIPv4.flatMap { IPPrefix(address: $0, length: $0.bitCount) }
        return Facts(
            [
                .instanceID: Fact(instanceID, .signedDocument),
                .instanceType: Fact(instanceType.description, .signedDocument),
                .account: Fact(account, .signedDocument),
                .region: Fact(region, .signedDocument),
                .zone: Fact(zone, .signedDocument),
            ],
            addresses: address.map { Fact([$0], .signedDocument) })
    }

    /// The default maximum age: enough for an instance that requests its identity while booting, short for a copied
    /// document.
    package static var maximumAge: Duration { .seconds(300) }

    /// How far this host's clock may be behind AWS's.
    package static var clockTolerance: Duration { .seconds(60) }

    /// Throws if the instance was launched longer ago than `maximumAge`, or more than `clockTolerance` in the future.
    package func requireFresh(
        at now: Date, maximumAge: Duration = Self.maximumAge
    ) throws(InstanceIdentityDocumentError) {
        let seconds = now.timeIntervalSince(pendingTime)
        let age = Duration.seconds(seconds)
        let times =
            "the instance was launched at \(pendingTime.formatted(.iso8601)) and it is \(now.formatted(.iso8601))"
        func span(_ seconds: Double) -> String { TimeSpan.text(seconds: Int(seconds.rounded(.up))) }
        if age > maximumAge {
            throw InstanceIdentityDocumentError(
                .age, "\(times), \(span(seconds)) later",
                required: "at most \(TimeSpan.text(seconds: Int(maximumAge.components.seconds)))")
        }
        if age < .zero - Self.clockTolerance {
            throw InstanceIdentityDocumentError(
                .age, "\(times), \(span(-seconds)) earlier",
                required: "a launch in the past, or a clock at most "
                    + "\(TimeSpan.text(seconds: Int(Self.clockTolerance.components.seconds))) behind")
        }
    }
}
