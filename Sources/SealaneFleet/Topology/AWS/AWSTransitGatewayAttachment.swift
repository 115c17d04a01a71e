import SealaneEligibility

struct AWSTransitGatewayAttachment: AWSResource {
    static let command = "describe-transit-gateway-attachments"
    static let list = "transitGatewayAttachments"

    let transitGatewayAttachmentId: String
    let transitGatewayId: String?
    let resourceType: String?
    let resourceId: String?
    let state: String?

    /// Nil if the attachment is not available.
    var attachment: Topology.TransitGatewayAttachment? {
        guard state == "available", let transitGatewayId, let resourceId else { return nil }
        return Topology.TransitGatewayAttachment(
            id: transitGatewayAttachmentId, transitGateway: transitGatewayId, resourceType: resourceType ?? "unknown",
            resource: resourceId)
    }
}
