import SealanePacket

struct AWSManagedPrefixList: AWSResource {
    static let command = "describe-managed-prefix-lists"
    static let list = "prefixLists"

    let prefixListId: String
}

struct AWSPrefixListEntry: AWSResource {
    static let command = "get-managed-prefix-list-entries"
    static let list = "entries"

    let cidr: IPPrefix
}
