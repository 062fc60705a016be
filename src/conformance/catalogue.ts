import { based } from './bases.js';
import type { Requirement } from './requirement.js';
import { ofContainers } from './requirements/Containers/index.js';
import { content } from './requirements/Content/content.js';
import { contentLists } from './requirements/Content/lists.js';
import { contentRanges } from './requirements/Content/ranges.js';
import { lookups } from './requirements/DistributionInspect/lookup.js';
import { errors } from './requirements/Errors/errors.js';
import { entries } from './requirements/ImageAttestations/entries.js';
import { platform } from './requirements/ImageAttestations/platform.js';
import { sources } from './requirements/ImageAttestations/sources.js';
import { statement } from './requirements/ImageAttestations/statement.js';
import { surface } from './requirements/ImageAttestations/surface.js';
import { type } from './requirements/ImageAttestations/type.js';
import { views, withoutStore } from './requirements/ImageAttestations/views.js';
import { whole as attestationsWhole } from './requirements/ImageAttestations/whole.js';
import { builds } from './requirements/ImageBuild/build.js';
import { buildForms } from './requirements/ImageBuild/form.js';
import { imports } from './requirements/ImageCreate/import.js';
import { pulls } from './requirements/ImageCreate/pull.js';
import { pullErrors } from './requirements/ImageCreate/pull-errors.js';
import { remove } from './requirements/ImageDelete/delete.js';
import { deleteParents } from './requirements/ImageDelete/parents.js';
import { get } from './requirements/ImageGet/get.js';
import { imageHistory } from './requirements/ImageHistory/history.js';
import { historySizes } from './requirements/ImageHistory/sizes.js';
import { fields } from './requirements/ImageInspect/fields.js';
import { identities } from './requirements/ImageInspect/identity.js';
import { manifests } from './requirements/ImageInspect/manifests.js';
import { inspectContainers, inspectMembers } from './requirements/ImageInspect/members.js';
import { platform as inspectPlatform } from './requirements/ImageInspect/platform.js';
import { whole as inspectWhole } from './requirements/ImageInspect/whole.js';
import { listFilters } from './requirements/ImageList/filters.js';
import { list } from './requirements/ImageList/list.js';
import { listContainers, listMembers } from './requirements/ImageList/members.js';
import { images } from './requirements/ImageLoad/images.js';
import { load } from './requirements/ImageLoad/load.js';
import { morePrunes, prunesInUse } from './requirements/ImagePrune/more.js';
import { prune } from './requirements/ImagePrune/prune.js';
import { pushes } from './requirements/ImagePush/push.js';
import { searches } from './requirements/ImageSearch/search.js';
import { tag } from './requirements/ImageTag/tag.js';
import { names, unusualNames } from './requirements/Names/names.js';
import { plugins } from './requirements/Standalone/plugins.js';
import { swarm } from './requirements/Standalone/swarm.js';
import { statements } from './requirements/Statements/statements.js';
import { moreUsage } from './requirements/SystemDataUsage/more.js';
import { usage } from './requirements/SystemDataUsage/usage.js';
import { events } from './requirements/SystemEvents/events.js';
import { formats } from './requirements/SystemEvents/formats.js';
import { moreEvents } from './requirements/SystemEvents/more.js';
import { info } from './requirements/SystemInfo/info.js';
import { ping } from './requirements/SystemPing/ping.js';
import { version } from './requirements/SystemVersion/version.js';
import { typeLists } from './requirements/TypeLists/type-lists.js';
import { versions } from './requirements/Versions/versions.js';

/** Every requirement, by id. */
export const catalogue: readonly Requirement[] = [
  entries,
  platform,
  sources,
  statement,
  surface,
  type,
  attestationsWhole,
  historySizes,
  listMembers,
  listContainers,
  views,
  withoutStore,
  inspectMembers,
  inspectContainers,
  moreEvents,
  contentRanges,
  morePrunes,
  prunesInUse,
  moreUsage,
  deleteParents,
  lookups,
  builds,
  buildForms,
  imports,
  pulls,
  pullErrors,
  pushes,
  searches,
  remove,
  get,
  imageHistory,
  fields,
  identities,
  manifests,
  inspectPlatform,
  inspectWhole,
  listFilters,
  list,
  images,
  load,
  tag,
  ofContainers,
  content,
  contentLists,
  errors,
  prune,
  names,
  unusualNames,
  statements,
  usage,
  events,
  formats,
  info,
  ping,
  version,
  typeLists,
  versions,
  plugins,
  swarm,
]
  .flat()
  .map(based)
  .sort((a, b) => (a.id < b.id ? -1 : 1));
