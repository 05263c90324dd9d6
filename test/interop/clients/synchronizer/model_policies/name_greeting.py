from xossynchronizer.model_policies.policy import Policy


class NameGreeting(Policy):
    model_name = "GreetingServiceInstance"

    def handle_create(self, instance):
        return self.handle_update(instance)

    def handle_update(self, instance):
        name = "greeting of %s" % instance.whom
        if instance.name != name:
            instance.name = name
            instance.save_changed_fields()

    def handle_delete(self, instance):
        self.logger.info("No name is needed any more", whom=instance.whom)
