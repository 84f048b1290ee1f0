import type { Dictionary } from './en';

export const zh: Dictionary = {
  language: '中文',
  title: 'MQTT 控制台',
  common: {
    skip: '跳到正文', menu: '菜单', close: '关闭', cancel: '取消', copy: '复制', copied: '已复制', copyOf: (what) => `复制${what}`, create: '创建', delete: '删除', save: '保存', retry: '重试', refresh: '刷新', back: '返回',
    more: '加载更多', show: '显示', hide: '隐藏', search: '查询', reset: '重置', all: '全部', none: '无', yes: '是', no: '否', optional: '选填', actions: '操作', loading: '加载中', live: '实时', details: '详情',
    name: '名称', type: '类型', remark: '备注', created: '创建时间', origin: '来源', account: '账号', state: '状态', time: '时间', size: '大小', clientId: 'Client ID', groupId: 'Group ID', topic: 'Topic', topics: 'Topic', parentTopic: '父级 Topic', address: '地址', value: '值',
    declared: '声明', byApi: '控制台创建', declaredHint: '在程序中声明，通过部署变更。', noLimit: '不限', of: (used, all) => `${used} / ${all}`, light: '浅色', dark: '深色', system: '自动', theme: '外观', languageLabel: '语言',
    rows: (n) => `共 ${n} 条`, stale: '数据可能已过期：网关没有应答。', messages: '条消息', clients: '个客户端', from: '从', to: '到',
  },
  errors: {
    allowed: '允许', fix: '处理办法', code: '错误码', unreachable: '无法连接网关', unreachableFix: '网关恢复后页面会自动继续。', unavailable: '此网关不提供该功能', unavailableHint: '网关版本不含此功能，或该功能已关闭。', crashed: '页面出错', crashedFix: '请重新加载；如再次出错，请反馈以下内容。', notFound: '页面不存在', toOverview: '返回概览',
  },
  login: {
    heading: '登录', intro: '控制台用户随实例一起声明。', user: '用户名', password: '密码', submit: '登录', submitting: '登录中…', wrong: '用户名或密码错误。', ended: '会话已结束，请重新登录。', disabled: '此网关未开放控制台登录', disabledHint: '请为实例声明控制台及用户并部署。', logout: '退出登录', as: (user, account) => `${user}，账号 ${account}`, showPassword: '显示密码', hidePassword: '隐藏密码',
  },
  nav: {
    label: '页面', observe: '观测', messaging: '消息', access: '访问', overview: '概览', instance: '实例', topics: '消息存储', messageTrace: '消息轨迹', deviceTrace: '设备轨迹', groups: 'Group 管理', clients: '连接查询', reports: '资源报表', signature: '签名校验', tokens: 'Token', devices: '设备凭证',
  },
  overview: {
    heading: '概览', intro: (region) => `地域 ${region}`, instances: '地域内的实例', thisOne: '当前控制台', noConsole: '没有控制台', open: '其控制台', quota: '配额与用量', quotaHint: '为该地域声明的实例。', mqttInstances: 'MQTT 实例', standardStorage: '标准版存储', platinumStorage: '铂金版存储', alarms: '告警', noAlarms: '当前没有告警。', online: '在线客户端', busiest: '在线最多的 Group', stored: '已存储消息', topics: '父级 Topic', noneOnline: '没有客户端连接。', running: '运行中', degraded: '部分运行', down: '未就绪', alarmCount: (n) => `${n} 个告警`, recent: '最近 3 小时连接数', gatewaysReady: (ready, all) => `${ready} / ${all} 个网关就绪`,
  },
  instance: {
    heading: '实例', information: '基本信息', id: '实例 ID', edition: '版本', billing: '计费方式', namespace: '命名空间', region: '地域', protocols: '协议', replicas: '副本数', admission: '准入', revision: '文档修订号', expiry: '到期时间', never: '不到期', expiresIn: (days) => `${days} 天后`, expired: '已到期：拒绝客户端连接，数据保留',
    editions: { basic: '基础版', platinum: '铂金版', standard: '标准版' }, billings: { prepaid: '预付费：规格为上限', postpaid: '后付费：不限流' }, namespaces: { independent: '独立', shared: '共享' }, admissions: { strict: '严格', open: '开放' },
    anonymous: '允许匿名客户端', endpoints: '接入点', endpointsHint: '客户端使用公网接入点；内网接入点供地域网络内的容器使用。', public: '公网', internal: '内网', listeners: { tcp: 'TCP', tls: 'TLS', websocket: 'WebSocket', websocketTls: 'WebSocket TLS', flash: 'Flash 策略' }, noEndpoints: '没有接入点信息。', binding: '存储绑定', bindingHint: '绑定后不可变更。', directPush: '直推模式：不绑定存储，也不存储消息。', storage: '存储实例', storageId: '存储实例 ID',
    statistics: '用量与规格', statisticsHint: '刻度线为告警阈值。', tps: 'TPS', connections: '连接数', subscriptions: '订阅关系数', spec: '规格', threshold: '告警阈值', throttled: '规格为上限，超过后网关限流。', notThrottled: '规格不是上限，超过阈值时告警。', stored: '已存储消息', storedBytes: '消息体积', storeBytes: '存储内存', groups: 'Group',
    gateways: '网关', gateway: '网关', replica: '副本', worker: '工作进程', started: '启动时间', ready: '就绪', notReady: '未就绪', noGateways: '尚无网关上报。', alarms: '告警', noAlarms: '目前及近期没有告警。', raised: '告警中', cleared: '已恢复', since: '开始', until: '结束', thresholdIs: (value, threshold) => `${value}，阈值 ${threshold}`, alarmNames: { tps: 'TPS', connections: '连接数', subscriptions: '订阅关系数', expiry: '到期', certificate: '证书', 'stored-messages': '已存储消息', 'store-memory': '存储内存', 'store-away': '存储不可用', 'gateway-missing': '网关缺失' },
    notifications: '通知', notificationsHint: '发送给 Webhook 的内容。', noNotifications: '尚未发送通知。Webhook 随实例声明。', event: '事件', attempts: '次数', lastError: '最近错误', states: { delivered: '已送达', retrying: '重试中', failed: '失败' },
  },
  topics: {
    heading: '消息存储', intro: '父级 Topic 及其存储的消息。子级 Topic 无需声明。', create: '创建 Topic', send: '发送消息', browse: '查看消息', empty: '还没有父级 Topic', emptyHint: '请在程序中声明，或在此创建。', permission: '权限', storedCount: '已存储', storedSize: '大小', removal: '删除时', filter: '查找 Topic', noMatch: '没有匹配的 Topic。',
    types: { normal: '普通', 'partition-ordered': '分区顺序', 'global-ordered': '全局顺序' }, permissions: { publish: '发布', subscribe: '订阅', 'publish-and-subscribe': '发布和订阅' }, removals: { retain: '消息按保留时间清除', destroy: '消息立即清除' },
    nameHint: '3 到 64 个字母、数字、- 或 _；不能以 GID 或 CID 开头。', remarkHint: '最多 128 个字符。', created: (name) => `Topic ${name} 已创建。`, deleteHeading: (name) => `删除 Topic ${name}？`, deleteText: '将立即关闭，不能再发布或订阅。', deleteMessages: { retain: '其消息按保留时间清除。', destroy: '其消息立即删除。' }, deleted: (name) => `Topic ${name} 已删除。`,
    messagesHeading: (name) => `${name} 的消息`, messagesEmpty: '这里没有消息', messagesEmptyHint: '发布到此 Topic 的消息会显示在这里。', payload: '消息内容', messageId: 'Message ID', sender: '发送方', subTopic: '子级 Topic', bytes: (n) => `${n} 字节`, binary: '非文本，以 Base64 显示', retained: '保留消息', unknownTopic: 'Topic 不存在',
  },
  send: {
    heading: '发送消息', subTopic: '子级 Topic', subTopicHint: '父级 Topic 之后的部分，例如 a/b。', whole: '完整 Topic', qos: 'QoS', retain: '保留消息', retainHint: '之后订阅的客户端也会收到。', encoding: '内容格式', encodings: { text: '文本', json: 'JSON', base64: 'Base64' }, payload: '消息内容', target: '接收方', targets: { subscribers: '所有订阅者', client: '单个客户端 (P2P)' }, clientId: '接收方 Client ID', clientIdHint: '仅该客户端收到，无需订阅。', submit: '发送', sending: '发送中…', badJson: (reason) => `不是有效的 JSON：${reason}`, badBase64: '不是带填充的 Base64。', sent: '消息已存储', sentHint: '存储已确认。', trace: '查看消息轨迹', another: '再发一条', size: (bytes) => `${bytes} 字节`, needClient: '请填写客户端。',
  },
  traces: {
    messageHeading: '消息轨迹', messageIntro: '消息从哪里来，谁收到了。', messageId: 'Message ID', byId: '按 Message ID', byTopic: '按 Topic 或客户端', deviceHeading: '设备轨迹', deviceIntro: '客户端发生的事：连接、订阅、拒绝。', none: '没有找到消息', noneHint: '轨迹只保留一段时间。', noEvents: '没有找到事件', noEventsHint: '轨迹只保留一段时间。Client ID 是否正确？', ask: '输入 Client ID 查看事件。', producer: '发送方', origin: '途径', origins: { mqtt: 'MQTT', api: '控制 API', storage: '存储侧' }, deliveries: '投递', noDeliveries: '目前没有客户端收到。', stored: '已存储', notStored: '未存储', complete: '轨迹完整。', incomplete: '轨迹有上限，可能缺少部分投递。',
    states: { sent: '已发送', acknowledged: '已确认', expired: '已过期' }, types: { normal: '普通', p2p: 'P2P' }, event: '事件', detail: '详情', unknown: '没有此消息的轨迹', range: '时间范围', periods: '在线时段', noPeriods: '此时间段内没有在线。', duration: '时长', reason: '结束原因', ranges: { '3600000': '最近 1 小时', '10800000': '最近 3 小时', '43200000': '最近 12 小时', '86400000': '最近 1 天', '259200000': '最近 3 天' },
    events: { 'client-connected': '已连接', 'client-disconnected': '已断开', 'client-taken-over': '被同名客户端接管', 'client-kicked': '被强制下线', 'client-revoked': '访问被撤销', 'client-subscribed': '订阅', 'client-unsubscribed': '取消订阅', 'connect-refused': '连接被拒', 'publish-refused': '发布被拒', 'subscribe-refused': '订阅被拒', 'will-refused': '遗嘱被拒', 'token-replaced': 'Token 已更换', 'token-invalid': 'Token 无效', 'device-revoked': '凭证已撤销', 'session-reaped': '所在网关丢失' },
  },
  groups: {
    heading: 'Group 管理', intro: 'Client ID 的前半部分。Group 只与同一账号的密钥配合使用。', create: '创建 Group', empty: '还没有 Group', emptyHint: '请在程序中声明，或在此创建。', online: '在线', connections: '连接查询', samples: '示例代码', nameHint: '7 到 60 个字母、数字、- 或 _，以 GID_ 或 GID- 开头。Group 不能改名。', created: (name) => `Group ${name} 已创建。`, deleteHeading: (name) => `删除 Group ${name}？`, deleteText: '依赖它的连接将关闭；已存储的会话按保留时间保留。', deleted: (name) => `Group ${name} 已删除。`, active: '活跃', idle: '无人在线',
    samplesHeading: (name) => `${name} 示例代码`, samplesIntro: '连接、订阅并发布一条消息。请设置 AccessKey 的两个环境变量；代码中不含密钥。', install: '安装', run: '运行', endpoint: '接入点', noTopic: '还没有可发布和订阅的 Topic；代码中的 Topic 并不存在。',
  },
  clients: {
    heading: '连接查询', intro: '按客户端、Group 或 Topic 查看谁在线。', by: { client: '按客户端', group: '按 Group', topic: '按 Topic' }, anyGroup: '所有 Group', anyTopic: '选择 Topic', total: (n) => `${n} 个在线`, empty: '没有客户端在线', emptyHint: '客户端连接后约一秒显示在这里。', gateway: '网关', listener: '监听器', connectedAt: '连接时间', lastActivity: '最近活动', kick: '下线', kickHeading: (id) => `关闭 ${id} 的连接？`, kickText: '已存储的会话会保留，客户端可以重新连接。', kicked: (id) => `${id} 的连接已关闭。`, kickPending: (id) => `已通知 ${id} 所在的网关，尚未关闭。`,
    online: '在线', offline: '离线', persistent: '持久会话', clean: '临时会话', subscriptions: '订阅关系', noSubscriptions: '没有订阅。', filter: 'Topic 过滤器', inFlight: '传输中', backlog: '待投递', backlogOf: (n, more) => `${n}${more ? ' 条以上' : ''}`, unknown: '没有此客户端的会话', unknownHint: '它没有连接，也没有为它存储任何内容。', enterId: '输入 Client ID，例如 GID_demo@@@device-1。', trace: '设备轨迹', first: '回到开头', next: '下一页', session: '会话', credential: '设备凭证',
  },
  reports: {
    heading: '资源报表', intro: '所有网关的收发情况。', side: '方向', sides: { producer: '生产者', consumer: '消费者' }, producerHint: '客户端、API 与存储侧发送的消息。', consumerHint: '投递给客户端的消息。', range: '时间范围', ranges: { '3h': '3 小时', '12h': '12 小时', '1d': '1 天' }, qos: 'QoS', type: '类型', types: { normal: '普通', p2p: 'P2P' }, subTopic: '子级 Topic', subTopicHint: '例如 a/b', total: '消息总数', bytes: '消息体积', weighted: '折算 TPS 的数量', peak: '最高 TPS', totals: '各时段消息数', tps: 'TPS', connections: '连接数与订阅关系数', connectionsHint: '连接数每分钟采样；订阅关系数为 5 分钟内最大值。', byTopic: '按 Topic', others: 'P2P 及其他', table: '表格', chart: '图表', empty: '此时间段没有数据。', step: (text) => `每个点代表 ${text}`, anyTopic: '所有 Topic', anyQos: '所有 QoS', anyType: '所有类型', at: '时间',
  },
  signature: {
    heading: '签名校验', intro: '在浏览器中计算客户端的用户名和密码，密钥不会离开浏览器。', clientId: 'Client ID', keyId: 'AccessKey ID', keySecret: 'AccessKey Secret', mode: '凭证类型', modes: { Signature: 'AccessKey 签名 (Signature)', DeviceCredential: '设备凭证' }, deviceKeyId: '设备 AccessKey ID', deviceSecret: '设备密钥', instanceId: '实例 ID', username: '用户名', password: '密码', result: '客户端应发送的内容', check: '检查客户端发送的内容', givenPassword: '待检查的密码', givenUsername: '待检查的用户名', fill: '请填写 Client ID、ID 和密钥。', right: '正确：密码无误。', rightBoth: '正确：用户名和密码均无误。', formula: '密码 = Base64(HMAC-SHA1(密钥, Client ID))', wrongHeading: '被拒绝的原因', clear: '清空',
    findings: {
      whitespace: '前后或中间有空格或换行，请去掉。', 'url-encoded': '经过了 URL 编码 (%2B、%2F、%3D)，请原样发送。', 'url-decoded': '加号变成了空格：经过了 URL 解码。', hex: 'HMAC 写成了十六进制，应为 Base64。', 'hex-base64': '对十六进制文本做了 Base64；应对 HMAC 的字节编码。', 'base64url': '使用了 URL 版 Base64（- 和 _）；标准 Base64 使用 + 和 /。', padding: '缺少末尾的填充 (=)。', sha256: '使用了 HMAC-SHA256，应为 HMAC-SHA1。', sha512: '使用了 HMAC-SHA512，应为 HMAC-SHA1。', md5: '使用了 HMAC-MD5，应为 HMAC-SHA1。', 'plain-sha1': '是密钥与 Client ID 的普通 SHA-1，应为 HMAC。', swapped: '密钥和文本颠倒了：密钥是 HMAC 的 key，Client ID 是文本。', 'group-signed': '只签名了 Group ID，应签名完整的 Client ID。', 'device-signed': '只签名了 @@@ 之后的部分，应签名完整的 Client ID。', 'case-signed': '签名的 Client ID 大小写不同；区分大小写。', 'instance-signed': '签名的是实例 ID，应签名 Client ID。', 'key-signed': '签名的是 AccessKey ID，应签名 Client ID。', 'username-signed': '签名的是用户名，应签名 Client ID。', 'trimmed-client': 'Client ID 前后有空格。', 'trimmed-secret': '密钥前后有空格：复制时带了换行？', 'secret-base64': '签名前对密钥做了 Base64 解码；应直接使用其字符。', 'secret-itself': '这是密钥本身。切勿发送；若已发送请更换 AccessKey。', 'case-changed': '编码后大小写被改变；Base64 区分大小写。', 'token-password': '这是 Token 的密码 (R|…)，其用户名以 Token 开头。', unknown: '不是常见错误：很可能用了别的密钥或 Client ID。', 'client-form': 'Client ID 必须是 GroupID@@@DeviceID。', 'client-length': 'Client ID 超过 64 个字符。', 'client-group': '@@@ 之前的 Group ID 必须以 GID_ 或 GID- 开头，7 到 60 个字符。', 'client-space': 'Client ID 前后有空格。', 'group-unknown': '此实例中没有该 Group（或不属于你的账号）。', 'username-form': '用户名由三部分组成：类型、密钥 ID、实例 ID，以 | 分隔。', 'username-mode': '用户名的第一部分与所选凭证类型不符。', 'username-key': '用户名中的 AccessKey ID 不同。', 'username-instance': '用户名中的实例 ID 不是本实例。', 'username-space': '用户名前后或中间有空格。',
    },
  },
  tokens: {
    heading: 'Token', intro: '供不应持有 AccessKey 的客户端使用。Token 的权限不超过其 AccessKey。', apply: '申请 Token', query: '查询或吊销', keyId: 'AccessKey ID', keyIdHint: 'Token 的权限以它为界，客户端在用户名中使用它。', actions: '权限', read: '订阅 (R)', write: '发布 (W)', resources: 'Topic 与过滤器', resourcesHint: '每行一个，最多 100 个；父级 Topic 之下可用 + 和 #。', lasts: '有效期', durations: { '3600': '1 小时', '43200': '12 小时', '86400': '1 天', '604800': '7 天', '2592000': '30 天' }, submit: '申请', issued: 'Token', issuedHint: '仅显示一次，请妥善保存。', token: 'Token', tokenId: 'Token ID', expires: '到期', username: '用户名', password: '密码', check: '查询', revoke: '吊销', revokeHeading: '吊销此 Token？', revokeText: '一秒之内所有网关都会拒绝它，并关闭依赖它的连接。', revoked: 'Token 已吊销。', valid: '有效', invalid: '无效', chooseAction: '请至少选择一种权限。', problems: { forged: '不是本实例的 Token', expired: '已过期', revoked: '已吊销', signature: '签名错误，或密钥已更换', account: '密钥或账号已不存在', resource: '不包含该 Topic', permission: '不包含该权限' },
  },
  devices: {
    heading: '设备凭证', intro: '一机一密：仅对一个 Client ID 有效。', clientId: '设备的 Client ID', look: '查询', register: '注册', refresh: '更换密钥', refreshHeading: '生成新密钥？', refreshText: '旧密钥失效，依赖它的连接将关闭。', refreshed: '设备已更换密钥。', unregister: '注销', unregisterHeading: '注销此凭证？', unregisterText: '依赖它的连接将关闭。', unregistered: '凭证已注销。', none: '该设备没有凭证', noneHint: '注册后网关会生成 ID 和密钥。', registered: '设备已注册。', id: '设备 AccessKey ID', secret: '设备密钥', updated: '密钥生成时间', enter: '输入 Client ID 以查询、注册、更换或注销凭证。',
  },
};
