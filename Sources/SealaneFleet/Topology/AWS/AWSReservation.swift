struct AWSReservation: AWSResource {
    static let command = "describe-instances"
    static let list = "reservations"

    struct Instance: Decodable {
        let instanceId: String
        let instanceType: String?
    }

    let instances: [Instance]?
}
