/// The output of one command.
struct AWSPage<Resource: AWSResource>: Decodable {
    let resources: [Resource]
    /// The start of the next page; nil or empty on the last page.
    let nextToken: String?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AWSMember.self)
        resources = try container.decode([Resource].self, forKey: AWSMember(stringValue: Resource.list))
        nextToken = try container.decodeIfPresent(String.self, forKey: AWSMember(stringValue: "nextToken"))
    }
}
