from xossynchronizer.modelaccessor import GreetingServiceInstance
from xossynchronizer.steps.syncstep import DeferredException, SyncStep


class SyncGreetingServiceInstance(SyncStep):
    observes = GreetingServiceInstance

    def sync_record(self, o):
        if o.trouble == "later":
            raise DeferredException("%s is not at home yet" % o.whom)
        if o.trouble:
            raise Exception("The back end said %s" % o.trouble)
        greeting = o.owner.leaf_model.loud_greeting
        o.said = "%s, %s!" % (greeting, o.whom)
        o.save(update_fields=["said"])
        self.log.info("Greeted", said=o.said)

    def delete_record(self, o):
        if o.trouble:
            raise Exception("The back end still said %s" % o.trouble)
        self.log.info("Said goodbye", whom=o.whom)
