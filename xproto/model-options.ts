const words = (text: string): readonly string[] => text.split(' ')

/** Options of files and models that are `True` or `False`, in quotes or not. */
export const flagsOfModels: ReadonlySet<string> = new Set(
  words(
    'abstract custom_python gui_hidden legacy no_policy no_sync policy_implemented skip_django skip_init sync_implemented',
  ),
)

/** Options of files and models that somebody reads or once read. Others are kept, for whoever knows them. */
export const optionsOfModels: ReadonlySet<string> = new Set([
  ...flagsOfModels,
  ...words('app_label app_name bases custom_header description kind name owner_class_name plural'),
  ...words('singular skip tosca_description tosca_key validators verbose_name'),
])
